import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addFigures } from '../../domain/day-figures';
import { figuresFrom } from '../duckdb/figures';
import { rowsOf } from '../duckdb/hours/hour-output';
import { wrongRowsOfHour } from '../duckdb/wrong-rows';
import { hashFile } from '../input/hash-file';
import type { TargetHour } from '../model/build-plan';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import type { WrittenPart } from './day-result';

/**
 * Makes the file of an hour from the parts that tasks wrote, in the order of their partitions: the same input gives the
 * same bytes, whatever the order in which tasks end.
 */
export async function joinHour(
  hour: string,
  parts: readonly WrittenPart[],
  {
    folder,
    loaded: { pipeline, outputColumns: columns },
    misplaced,
    signal,
  }: {
    readonly folder: string;
    readonly loaded: Pick<LoadedPipeline, 'pipeline' | 'outputColumns'>;
    readonly misplaced: number;
    readonly signal: AbortSignal;
  },
): Promise<TargetHour> {
  const ordered = [...parts].sort((a, b) => a.partition - b.partition);
  const file = `${hour}.ndjson`;
  const hashed = await joined(
    ordered.map(({ path }) => path),
    join(folder, file),
    signal,
  );
  const total = (of: (part: WrittenPart) => number): number => ordered.reduce((sum, part) => sum + of(part), 0);
  const kept = total((part) => part.kept);
  const rows = rowsOf(
    kept,
    total((part) => part.withRows),
    total((part) => part.written),
  );
  const wrong = wrongRowsOfHour(
    pipeline,
    rows.written,
    pipeline.checks.map((_, index) => total((part) => part.wrong[index] ?? 0)),
  );
  const figures = ordered.flatMap((part) => (part.figures === null ? [] : [figuresFrom(columns, part.figures)]));
  return {
    ...{ hour, file, misfiled: misplaced, kept, duplicates: total((part) => part.duplicates) },
    ...{ ...rows, unmatched: total((part) => part.unmatched) },
    ...(wrong && { wrong }),
    ...(figures.length > 0 && { figures: figures.reduce(addFigures) }),
    ...hashed,
  };
}

async function joined(
  parts: readonly string[],
  path: string,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) {
    await rename(only, path);
    return hashFile(path);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const target = await open(path, 'wx');
  try {
    for (const part of parts) {
      const content = createReadStream(part, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>; // No encoding: Buffers.
      for await (const chunk of content) {
        signal.throwIfAborted();
        hash.update(chunk);
        bytes += chunk.length;
        await target.writeFile(chunk);
      }
      await rm(part);
    }
  } finally {
    await target.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

const CHUNK_BYTES = 4 * 1024 * 1024;
