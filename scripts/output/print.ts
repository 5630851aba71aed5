import type { OutputConfiguration } from 'commander';
import { visibleLines } from '../../domain/visible';
import { safe, SafeText, type Line } from './safe-text';

/** A line of result, for people. */
export function print(line: Line = ''): void {
  process.stdout.write(`${safe(line).text}\n`);
}

/** The result of a command for programs: one JSON document. */
export function printJson(value: unknown): void {
  print(jsonOf(value));
}

/** JSON leaves C1 and bidi controls as they are: here they are escapes, and mean the same. */
export function jsonOf(value: unknown, indent = 2): SafeText {
  return new SafeText(visibleLines(JSON.stringify(value, null, indent)));
}

/** A line about what is going on: beside the result, so that the result can be piped. */
export function progress(line: Line): void {
  process.stderr.write(`${safe(line).text}\n`);
}

/** The same on a terminal, in the place of the one before; '' clears it. */
export function progressInPlace(line: Line): void {
  process.stderr.write(`\r\x1b[K${safe(line).text}`);
}

/** What commander says of a command line: its help, and what is wrong with the given words. */
export const commanderOutput: OutputConfiguration = {
  writeOut: (text) => process.stdout.write(visibleLines(text)),
  writeErr: (text) => process.stderr.write(visibleLines(text)),
};
