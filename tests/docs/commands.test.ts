import { NOT_RUN } from './commands-not-run';
import { commandsOf, documentedPages } from './documented-commands';
import { parseCommand } from './parse-command';

const PREFIX = 'npx daybreak ';
const commands = documentedPages().flatMap(commandsOf);
const commandLines = commands
  .filter(({ command }) => command.startsWith(PREFIX))
  .map(({ page, command }) => [command.slice(PREFIX.length), page] as const);

const withoutRedirection = (line: string): string => line.replace(/ > \S+$/, '');

it('finds the commands of the pages', () => {
  expect(commandLines.length).toBeGreaterThan(20);
});

it.each(commandLines)('npx daybreak %s (%s) is a command as it stands', (line) => {
  // The program's own option; tests/scripts/cli/version.test.ts runs it.
  if (line !== '--version') parseCommand(withoutRedirection(line).split(/\s+/));
});

it('does not take what is none', () => {
  expect(() => {
    parseCommand(['backfill', '--from', '2026-11-01']);
  }).toThrow('--to');
  expect(() => {
    parseCommand(['schedule', 'aply']);
  }).toThrow();
});

it('names the commands that no test runs, and no others', () => {
  const documented = commands.map(({ command }) => command);
  expect(documented).toEqual(expect.arrayContaining(Object.keys(NOT_RUN)));
  const unknown = documented.filter((command) => /^(docker|helm|kubectl) /.test(command) && !(command in NOT_RUN));
  expect(unknown).toEqual([]);
});
