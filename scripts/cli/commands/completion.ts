import { Argument, Command } from 'commander';
import { SHELLS, type Shell } from '../completion/scripts';

export const completionCommand = (): Command =>
  new Command('completion')
    .description('print a script for a shell, with which Tab completes commands, options and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      (await import('../actions/completion')).printScript(shell);
    });

/** What those scripts ask at each Tab. Help does not show it. */
export const completeCommand = (): Command =>
  new Command('complete')
    .argument('[words...]', 'the command line up to the cursor, after --')
    .action(async (words: string[], _options: object, command: Command) => {
      (await import('../actions/completion')).printCandidates(words, command);
    });
