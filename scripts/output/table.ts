import Table from 'cli-table3';
import { visible } from '../../domain/visible';
import { SafeText } from './safe-text';
import { tableLayout } from './table-layout';
import { columnsOf, hasColours } from './terminal';
import { wrapped } from './wrapped';

/**
 * A table for a terminal or a log. The first line is the head. The first column and texts of several lines are
 * left-aligned, the others right-aligned. It fits the terminal; see `tableLayout`.
 */
export function table(rows: readonly (readonly string[])[], columns = columnsOf('stdout')): SafeText {
  const { blocks, leftOut } = tableLayout(
    rows.map((cells) => cells.map(visible)),
    columns,
  );
  const note = `0 or empty in every row, and not shown: ${leftOut.join(', ')}`;
  return new SafeText([...blocks.map(drawn), ...(leftOut.length === 0 ? [] : wrapped(note, columns))].join('\n'));
}

function drawn([head = [], ...body]: readonly (readonly string[])[]): string {
  const coloured = hasColours('stdout');
  const printed = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index === 0 || body.some((cells) => isBroken(cells[index])) ? 'left' : 'right')),
    style: { head: coloured ? ['bold'] : [], border: coloured ? ['grey'] : [], compact: true },
  });
  printed.push(...body.map((cells) => [...cells]));
  return printed.toString();
}

function isBroken(cell = ''): boolean {
  return cell.includes('\n');
}
