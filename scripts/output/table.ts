import Table from 'cli-table3';

/** A table for a terminal or a log: the first line is the head; the first column is left-aligned, the others right. */
export function table([head = [], ...body]: readonly (readonly string[])[]): string {
  const printed = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: process.stdout.isTTY ? ['bold'] : [], border: process.stdout.isTTY ? ['grey'] : [], compact: true },
  });
  printed.push(...body.map((cells) => [...cells]));
  return printed.toString();
}
