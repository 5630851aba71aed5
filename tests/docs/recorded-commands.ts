import { readFileSync } from 'node:fs';

/** A command of a page, and lines of what it printed when the page was written. */
export interface RecordedCommand {
  readonly command: string;
  /** Some of its lines, in their order. */
  readonly output: readonly string[];
}

/** The recording of a page: in its blocks, a line that begins with `$ ` is a command, and the lines up to the next are its. */
export function recordedCommands(page: string): RecordedCommand[] {
  const blocks = readFileSync(page, 'utf8')
    .split(/^```.*$/m)
    .filter((_, index) => index % 2 === 1)
    .filter((block) => block.startsWith('\n$ '));
  return blocks.flatMap((block) =>
    block
      .trimEnd()
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...output] = text.trimEnd().split('\n');
        return { command, output: output.filter((line) => line.trim() !== '' && line !== '…') };
      }),
  );
}

/** A line without what differs from run to run: times, durations, addresses, hashes, and spaces that depend on their width. */
export function masked(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replace(/\d{4}-\d\d-\d\d/g, '<date>')
    .replace(/\d\d:\d\d(:\d\d)?/g, '<time>')
    .replace(/\d+(\.\d+)? m?s\b/g, '<duration>')
    .replace(/duration_ms \S+/g, '<duration>')
    .replace(/127\.0\.0\.1:\d+/g, '<address>')
    .replace(/\b[0-9a-f]{12}\b/g, '<version>')
    .replace(/[─ ]+/g, ' ')
    .trim();
}

/** The lines that are not in the output, each after the one before it. */
export function missingLines(lines: readonly string[], output: string): string[] {
  const printed = output.split('\n').map(masked);
  let next = 0;
  return lines.filter((line) => {
    const found = printed.indexOf(masked(line), next);
    if (found >= 0) next = found + 1;
    return found < 0;
  });
}
