import type { Command } from 'commander';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../scripts/commands';

const pages = [
  'README.md',
  ...(readdirSync('docs', { recursive: true }) as string[]).map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'));

/** Every `npx daybreak …` of the pages: in code blocks to the comment, in running text to the end of the code. */
const commandLines = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/npx daybreak ([^`#\n]+)/g)].map(
    ([, line = '']) => [line.trim(), page] as const,
  ),
);

/** Parses a command line as the program does, with actions that do nothing. */
async function parse(line: string): Promise<void> {
  const [name = '', ...rest] = line.split(/\s+/);
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
