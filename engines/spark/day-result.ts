import * as z from 'zod';

const count = z.int().nonnegative();

/** What tasks found in the lines of a work item. */
const readItem = z.object({
  item: count,
  /** Lines of each split. */
  lines: z.array(count),
  /** Lines by NOTE. */
  notes: z.record(z.string(), count),
  neighbour: z.object({ records: count, digest: z.string() }),
  /** SHA-256 of files that were read whole, by number. */
  hashes: z.record(z.string(), z.string()),
  /**
   * The hash of the lines of each split that is a part of a file, else ''. Equal hashes mean that the part was the same when
   * the file was hashed as when its lines were read.
   */
  parts: z.array(z.string()),
  /** Numbers of files that only the rules of this program can read. */
  odd: z.array(count),
  /** Absolute path of a file of BadLine; null if there is none. */
  bad: z.string().nullable(),
});

/** What tasks wrote of an hour. */
const writtenPart = z.object({
  hour: z.string(),
  partition: count,
  path: z.string(),
  kept: count,
  duplicates: count,
  written: count,
  unmatched: count,
  /** In the order of the pipeline's checks. */
  wrong: z.array(count),
  /** Events that gave a row. */
  withRows: count,
  /** What `figuresQuery` gave; null if the proof needs no figures. */
  figures: z.array(z.string()).nullable(),
});

const failure = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unreadable'), file: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('failing'), failure: z.string() }),
  z.object({ kind: z.literal('library'), missing: z.array(z.string()), python: z.string(), host: z.string() }),
  z.object({ kind: z.literal('task'), reason: z.string() }),
]);

/** The file that python/day_build.py writes. */
export const dayResult = z.union([
  z.object({ failure }),
  z.object({ read: z.array(readItem), written: z.array(writtenPart) }),
]);

export type ReadItem = z.infer<typeof readItem>;
export type WrittenPart = z.infer<typeof writtenPart>;
export type TaskFailure = z.infer<typeof failure>;

/** A bad line, as a task keeps it for the quarantine. */
export const badLine = z.object({ split: count, line: count }).and(
  z.union([
    z.object({ note: z.string() }),
    /** DuckDB's message on the record, and the line. */
    z.object({ failure: z.string(), text: z.string() }),
    /** The length of a line that is too large, and its beginning. */
    z.object({ large: count, bytes: z.base64() }),
    /** The length of a line that is not UTF-8, and its beginning. */
    z.object({ binary: count, bytes: z.base64() }),
  ]),
);
export type BadLine = z.infer<typeof badLine>;
