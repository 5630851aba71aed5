import type { Chunk } from '../../input/line-chunks';

export interface LinePlace {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Among all lines. */
  readonly position: number;
}

/** Finds the file and the line of a staged row. The lines are those of one hour's files, one file after another. */
export class LineNumbers {
  /** By file, the position of its first line among all lines. */
  readonly #files: { readonly file: string; readonly first: number }[] = [];
  /** The position among all lines, by row. Empty if every line has a row. */
  readonly #rows: number[] = [];
  /** Per padding: the row behind it, and the number of all padding rows so far. */
  readonly #paddings: { readonly end: number; readonly rows: number }[] = [];
  #lines = 0;

  /** Rows that are not lines. */
  get padding(): number {
    return this.#paddings.at(-1)?.rows ?? 0;
  }

  /** Records that `rows` padding rows, which are not lines, stand directly before the row `end`. */
  notePadding(rows: number, end: number): void {
    this.#paddings.push({ end, rows: this.padding + rows });
  }

  /** Lines so far. */
  get lines(): number {
    return this.#lines;
  }

  /** Records that the next row is the line at this position of the chunk that is added next. */
  noteRow(line: number): void {
    this.#rows.push(this.#lines + line);
  }

  add({ spans }: Pick<Chunk, 'spans'>, count: number): void {
    for (const { file, lines = count } of spans) {
      if (this.#files.at(-1)?.file !== file) this.#files.push({ file, first: this.#lines });
      this.#lines += lines;
    }
  }

  placeOf(row: number): LinePlace {
    const unpadded = row - (this.#paddings.findLast(({ end }) => end <= row)?.rows ?? 0);
    const position = this.#rows[unpadded] ?? unpadded;
    const file = this.#files.findLast(({ first }) => first <= position);
    return { file: file?.file ?? '', line: position - (file?.first ?? 0) + 1, position };
  }
}
