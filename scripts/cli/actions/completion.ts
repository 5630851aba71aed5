import type { Command } from 'commander';
import { print } from '../../output/print';
import { line } from '../../output/safe-text';
import { complete } from '../completion/candidates';
import { COMPLETION_SCRIPTS, type Shell } from '../completion/scripts';
import { pipelineNames } from '../pipeline-option';

/** Prints the script of a shell. */
export function printScript(shell: Shell): void {
  COMPLETION_SCRIPTS[shell].trimEnd().split('\n').forEach(print);
}

/** Prints what can stand at the end of a command line, for the script of a shell. */
export function printCandidates(words: readonly string[], command: Command): void {
  const found = complete(rootOf(command), words, (shown) =>
    shown === '--pipeline <name>' ? pipelineNames() : undefined,
  );
  if (typeof found === 'string') print(`:${found}`);
  else for (const { word, description } of found) print(description === '' ? word : line`${word}\t${description}`);
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
