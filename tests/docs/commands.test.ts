import type { Command } from 'commander';
import { commands } from '../../scripts/cli/commands';
import { commandsOf, documentedPages } from './documented-commands';

const PREFIX = 'npx daybreak ';
const commandLines = documentedPages()
  .flatMap(commandsOf)
  .filter(({ command }) => command.startsWith(PREFIX))
  .map(({ page, command }) => [command.slice(PREFIX.length), page] as const);

/** Parses a command line as the program does, with actions that do nothing. */
async function parse(line: string): Promise<void> {
  const [name = '', ...rest] = line.split(/\s+/);
  // The program's own option; tests/scripts/cli/version.test.ts runs it.
  if (line === '--version') return;
  const command = commands().find((one) => one.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  disarm(command);
  await command.parseAsync(rest, { from: 'user' });
}

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const child of command.commands) disarm(child);
}

it('finds the commands of the pages', () => {
  expect(commandLines.length).toBeGreaterThan(20);
});

it.each(commandLines)('npx daybreak %s (%s) is a command as it stands', async (line) => {
  await expect(parse(line)).resolves.toBeUndefined();
});

it('does not take what is none', async () => {
  await expect(parse('backfill --from 2026-11-01')).rejects.toThrow('--to');
  await expect(parse('schedule aply')).rejects.toThrow();
});
