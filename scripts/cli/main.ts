import { Command, CommanderError, Help, type Option } from 'commander';
import { commands } from './commands';
import { completeCommand } from './commands/completion';
import { fail } from './fail';
import { namingVariable } from './pipeline-option';
import { version } from '../../package.json';
import { commanderOutput } from '../output/print';
import { endIfUnwritable } from '../output/unwritable';

/**
 * The permissions that no file or folder of a command or worker has, DuckDB's included: write for the group, and
 * everything for others. The group may read, whatever the umask was before, so that a Druid of another user can read
 * the output.
 */
const UMASK = 0o027;

/** The program: runs its command line. Ends it if its output cannot be written. */
export async function start(): Promise<void> {
  endIfUnwritable(fail);
  await main(process.argv);
}

/** Runs one command line. Sets the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: readonly string[]): Promise<void> {
  process.umask(UMASK);
  let running: Command | undefined;
  const program = new Command('daybreak')
    .description('Realtime numbers by day, exact numbers by daybreak.')
    .version(version)
    .addHelpText('after', FIRST_STEPS)
    // After a command's name an option is the command's, as `batch restore --version <id>`.
    .enablePositionalOptions()
    .hook('preAction', (_program, command) => {
      running = command;
    });
  for (const command of commands()) program.addCommand(command);
  program.addCommand(completeCommand(), { hidden: true });
  forAll(program, (command) => {
    // Commander ends a wrong command line with 1, which here means that the work failed.
    command
      .exitOverride()
      .configureOutput(commanderOutput)
      .configureHelp({ optionDescription: describeOption })
      .showHelpAfterError('(add --help for the options)');
  });
  try {
    await program.parseAsync(argv);
  } catch (thrown) {
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : 2;
    else fail(namingVariable(thrown, running));
  }
}

const FIRST_STEPS = `
The way of a first day: up, worker, speed start, feed, batch run, report. Every command has --help.`;

/** What an option is for, without the default of a flag: a flag that is not given is always off. */
function describeOption(this: Help, option: Option): string {
  return Help.prototype.optionDescription.call(this, option).replace(/ \(default: false\)$/, '');
}

/** Commander does not pass settings down to commands that were made elsewhere. */
function forAll(command: Command, set: (command: Command) => void): void {
  set(command);
  for (const child of command.commands) forAll(child, set);
}
