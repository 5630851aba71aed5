import Table from 'cli-table3';
import { visible } from '../../domain/visible';
import { SafeText } from './safe-text';
import { hasColours } from './terminal';

/**
 * A table for a terminal or a log. The first line is the head. The first column is left-aligned, the others
 * right-aligned.
 */
export function table([head = [], ...body]: readonly (readonly string[])[]): SafeText {
  const coloured = hasColours('stdout');
  const printed = new Table({
    head: head.map(visible),
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: coloured ? ['bold'] : [], border: coloured ? ['grey'] : [], compact: true },
  });
  printed.push(...body.map((cells) => cells.map(visible)));
  return new SafeText(printed.toString());
}
