import { open, type FileHandle } from 'node:fs/promises';
import type { ColumnType } from '../../../domain/pipeline';
import { i32, i64, list, string, struct, thriftBytes, writeNumber, type ThriftValue } from './thrift';

/** A column's values of one row group in Parquet's PLAIN encoding, without nulls. */
export interface EncodedColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: Uint8Array;
  /** One bit per row, lowest first, set if the row has a value; undefined if every row has one. */
  readonly presence: Uint8Array | undefined;
}

const MAGIC = Buffer.from('PAR1');
const PHYSICAL_TYPES: Readonly<Record<ColumnType, number>> = { BOOLEAN: 0, BIGINT: 2, DOUBLE: 5, VARCHAR: 6 };
const UTF8 = 0;
const OPTIONAL = 1;
const PLAIN = 0;
const RLE = 3;
const UNCOMPRESSED = 0;

/**
 * Writes a Parquet file that DuckDB reads once, immediately: no compression, no statistics. This is the fastest way to
 * give rows from JavaScript to DuckDB: per row and column it takes about a tenth of a call of DuckDB's API.
 */
export class ParquetWriter {
  readonly #file: FileHandle;
  readonly #columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly #groups: ThriftValue[] = [];
  #rows = 0;
  #offset = MAGIC.length;
  #closed = false;

  private constructor(file: FileHandle, columns: readonly { readonly name: string; readonly type: ColumnType }[]) {
    this.#file = file;
    this.#columns = columns;
  }

  static async open(
    path: string,
    columns: readonly { readonly name: string; readonly type: ColumnType }[],
  ): Promise<ParquetWriter> {
    const file = await open(path, 'w');
    await file.write(MAGIC);
    return new ParquetWriter(file, columns);
  }

  /** Takes all columns, in their order, for the same rows. */
  async writeGroup(rows: number, columns: readonly EncodedColumn[]): Promise<void> {
    const chunks: ThriftValue[] = [];
    const begin = this.#offset;
    for (const { name, type, values, presence } of columns) {
      const levels = definitionLevels(rows, presence);
      const size = levels.length + values.length;
      const page = struct({ 1: i32(rows), 2: i32(PLAIN), 3: i32(RLE), 4: i32(RLE) });
      const header = thriftBytes({ 1: i32(0), 2: i32(size), 3: i32(size), 5: page });
      const [offset, length] = [i64(this.#offset), i64(header.length + size)];
      const metadata = struct({
        1: i32(PHYSICAL_TYPES[type]),
        2: list('i32', [i32(PLAIN), i32(RLE)]),
        3: list('string', [string(name)]),
        4: i32(UNCOMPRESSED),
        5: i64(rows),
        6: length,
        7: length,
        9: offset,
      });
      chunks.push(struct({ 2: offset, 3: metadata }));
      await this.#write([header, levels, values]);
    }
    this.#rows += rows;
    this.#groups.push(struct({ 1: list('struct', chunks), 2: i64(this.#offset - begin), 3: i64(rows) }));
  }

  /** Completes the file. */
  async close(): Promise<void> {
    await this.#writeFooter();
    await this.abandon();
  }

  /** Closes the file as it is, unless it is closed. */
  async abandon(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }

  async #writeFooter(): Promise<void> {
    const leaves = this.#columns.map(({ name, type }) => {
      const leaf = { 1: i32(PHYSICAL_TYPES[type]), 3: i32(OPTIONAL), 4: string(name) };
      return struct(type === 'VARCHAR' ? { ...leaf, 6: i32(UTF8) } : leaf);
    });
    const schema = [struct({ 4: string('rows'), 5: i32(leaves.length) }), ...leaves];
    const footer = thriftBytes({
      1: i32(1),
      2: list('struct', schema),
      3: i64(this.#rows),
      4: list('struct', this.#groups),
    });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    await this.#write([footer, length, MAGIC]);
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    const bytes = parts.reduce((total, part) => total + part.length, 0);
    const { bytesWritten } = await this.#file.writev(parts);
    if (bytesWritten !== bytes)
      throw new Error(`ENOSPC: no space left on device, wrote ${bytesWritten} of ${bytes} bytes`);
    this.#offset += bytes;
  }
}

/** One bit per row in the hybrid encoding: a single run, of equal bits or of packed bits. */
function definitionLevels(rows: number, presence: Uint8Array | undefined): Uint8Array {
  const run: number[] = [];
  if (presence === undefined) {
    writeNumber(run, rows * 2);
    run.push(1);
  } else {
    writeNumber(run, Math.ceil(rows / 8) * 2 + 1);
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(run.length + (presence?.length ?? 0));
  return Buffer.concat([length, Buffer.from(run), presence ?? Buffer.alloc(0)]);
}
