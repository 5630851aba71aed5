import type { Command } from 'commander';
import { commands } from '../../scripts/cli/commands';

/**
 * Parses the arguments of `daybreak` as the program does, with actions that do nothing. Throws what is wrong with them.
 */
export function parseCommand([name = '', ...rest]: readonly string[]): void {
  const command = commands().find((one) => one.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  disarm(command);
  command.parse(rest, { from: 'user' });
}

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const child of command.commands) disarm(child);
}
