import type { OutputConfiguration } from 'commander';
import { visibleLines } from '../../domain/visible';
import { safe, SafeText, type Line } from './safe-text';
import { columnsOf } from './terminal';
import { terminalRows } from './wrapped';

/** Prints a line of a result, for people. */
export function print(line: Line = ''): void {
  process.stdout.write(`${safe(line).text}\n`);
}

/** Prints the result of a command for programs: one JSON document. */
export function printJson(value: unknown): void {
  print(jsonOf(value));
}

/** JSON leaves C1 and bidi controls as they are. Here they become escapes, which mean the same. */
export function jsonOf(value: unknown, indent = 2): SafeText {
  return new SafeText(visibleLines(JSON.stringify(value, null, indent)));
}

/** Prints a line about progress on standard error, so that the result can be piped. */
export function progress(line: Line): void {
  process.stderr.write(`${safe(line).text}\n`);
}

/** The same for a terminal: the line replaces the one before. '' clears it. What is longer than a row is cut. */
export function progressInPlace(line: Line): void {
  const [row = ''] = terminalRows(safe(line).text, columnsOf('stderr'));
  process.stderr.write(`\r\x1b[K${row}`);
}

/** Where commander prints help and errors of the command line. */
export const commanderOutput: OutputConfiguration = {
  writeOut: (text) => process.stdout.write(visibleLines(text)),
  writeErr: (text) => process.stderr.write(visibleLines(text)),
};
