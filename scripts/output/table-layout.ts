import stringWidth from 'string-width';
import { wrapped } from './wrapped';

/** A table that was made to fit. Its cells may have several lines. */
export interface TableLayout {
  /** Tables to show below each other: the columns do not all fit side by side. Each has the first column. */
  readonly blocks: readonly (readonly (readonly string[])[])[];
  /** The heads of columns that are left out. */
  readonly leftOut: readonly string[];
}

/** What the lines and blanks around a cell take. */
const AROUND_CELL = 3;
const LAST_LINE = 1;
/** A word up to this length is not broken, if another block helps: an instant, a code, a version. */
const UNBROKEN = 28;
/** A column of figures: a break within one would change what it says. */
const FIGURES = /^[\d.,:%+-]*$/;

/**
 * Fits a table into lines of some width. It first leaves out the columns that are 0 or empty in every row, then breaks
 * texts at their blanks, then puts columns below the others. Figures are never broken.
 *
 * @param rows the first one is the head.
 * @param columns the width. Infinity changes nothing.
 */
export function tableLayout(rows: readonly (readonly string[])[], columns: number): TableLayout {
  const all = columnsIn(rows);
  if (fits(all, columns)) return { blocks: [rows], leftOut: [] };
  const [first, ...others] = all;
  if (first === undefined) return { blocks: [rows], leftOut: [] };
  const kept = others.filter(({ cells }) => !cells.slice(1).every((cell) => cell === '0' || cell === ''));
  const leftOut = others.filter((column) => !kept.includes(column)).map(({ cells: [head = ''] }) => head);
  return { blocks: blocksOf(first, kept, columns).map((block) => rowsOf(narrowed(block, columns))), leftOut };
}

interface Column {
  readonly cells: readonly string[];
  readonly width: number;
  /** Below it the column is hard to read, or says something else. */
  readonly minimum: number;
}

function columnsIn(rows: readonly (readonly string[])[]): Column[] {
  const [head = []] = rows;
  return head.map((_, index) => {
    const cells = rows.map((row) => row[index] ?? '');
    const width = Math.max(...cells.map(stringWidth));
    const minimum = Math.max(...cells.map((cell) => (FIGURES.test(cell) ? stringWidth(cell) : longestWord(cell))));
    return { cells, width, minimum };
  });
}

/** At most UNBROKEN. */
function longestWord(text: string): number {
  return Math.min(UNBROKEN, Math.max(...text.split(' ').map(stringWidth)));
}

function fits(columns: readonly Pick<Column, 'width'>[], most: number): boolean {
  return columns.reduce((sum, { width }) => sum + width + AROUND_CELL, LAST_LINE) <= most;
}

/** As many columns in each block as fit with their minimum. */
function blocksOf(first: Column, others: readonly Column[], most: number): Column[][] {
  const smallest = (columns: readonly Column[]) => columns.map(({ minimum }) => ({ width: minimum }));
  const blocks: Column[][] = [[first]];
  for (const column of others) {
    const block = blocks.at(-1) ?? [];
    // One column beside the first must be there, whatever its width.
    if (block.length < 2 || fits(smallest([...block, column]), most)) block.push(column);
    else blocks.push([first, column]);
  }
  return blocks;
}

/** The widest column gives, until the block fits. */
function narrowed(block: readonly Column[], most: number): Column[] {
  const columns = block.map((column) => ({ ...column }));
  while (!fits(columns, most)) {
    const above = columns.filter(({ width, minimum }) => width > minimum);
    // A screen that is narrower than the minimum breaks words.
    const [widest] = (above.length > 0 ? above : columns.filter(({ width }) => width > 1)).sort(
      (one, other) => other.width - one.width,
    );
    if (widest === undefined) break;
    widest.width -= 1;
  }
  return columns;
}

function rowsOf(columns: readonly Column[]): string[][] {
  const wrappedColumns = columns.map(({ cells, width }) => cells.map((cell) => wrapped(cell, width).join('\n')));
  const [first = []] = wrappedColumns;
  return first.map((_, row) => wrappedColumns.map((cells) => cells[row] ?? ''));
}
