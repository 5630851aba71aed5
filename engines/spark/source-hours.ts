import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { changed } from '../../clients/storage/errors';
import type { BusinessDate } from '../../domain/business-date';
import { isNeighbour, parseSourceHour } from '../../domain/file-hours';
import type { InputFile } from '../../domain/day-manifest';
import { BLANK } from '../rule/json-line';
import { FAULT, faultOf, OUTSIDE_DAY } from '../rule/record-rule';
import { tooManyFailing, MOST_FAILING } from '../duckdb/stage/failing-records';
import { damagedNeighbour } from '../duckdb/stage/stage-files';
import { valueFailureOf } from '../duckdb/value-failure';
import { NOT_UTF8, tooLarge } from '../input/framing/record-framing';
import type { UnreadableLine } from '../input/line-chunks';
import type { ListedFile } from '../input/listed-file';
import type { SourceHour } from '../model/build-plan';
import { keptBeginning, keptBytes, keptText, writeQuarantine, type QuarantinedRecord } from '../versions/quarantine';
import { badLine, type BadLine, type ReadItem } from './day-result';
import type { OddFile } from './odd-files';
import type { TaskFile } from './task-files';
import type { WorkItem } from './work-items';

/** What tasks found in the files of a source hour. */
export interface SourceRead {
  /** The day that is built. */
  readonly date: BusinessDate;
  readonly hour: string;
  readonly files: readonly ListedFile[];
  /** The hour's items, in order, each with what was found in it. */
  readonly items: readonly { readonly item: WorkItem<TaskFile>; readonly found: ReadItem }[];
  /** By the file's name. */
  readonly odd: ReadonlyMap<string, OddFile>;
  readonly maximumBytes: number;
}

/**
 * The counts of a source hour, as the engine duckdb counts. Its bad records are added by `quarantineOf`. Throws
 * STORAGE_CHANGED if tasks read two contents of a file.
 */
export function sourceHourOf({ date, hour, files, items, odd }: SourceRead): SourceHour {
  requireOneContent(items);
  const notes = new Map<string, number>();
  let [lines, records, digest] = [0, 0, 0n];
  const hashes = new Map<string, string>();
  for (const { item, found } of items) {
    lines += found.lines.reduce((sum, count) => sum + count, 0);
    for (const [note, count] of Object.entries(found.notes)) notes.set(note, (notes.get(note) ?? 0) + count);
    records += found.neighbour.records;
    digest += BigInt(found.neighbour.digest);
    for (const { file } of item.splits) {
      const hash = found.hashes[file.number];
      if (hash !== undefined) hashes.set(file.file, hash);
    }
  }
  const of = (note: string): number => notes.get(note) ?? 0;
  const misplaced = Object.fromEntries([...notes].filter(([note]) => /^\d\d$/.test(note)));
  const inputs = files.map(({ file, bytes }): InputFile => {
    const { read } = odd.get(file) ?? {};
    const sha256 = read?.sha256 ?? hashes.get(file);
    if (sha256 === undefined) throw new Error(`no task read all of ${file}`);
    return { file, hour, bytes: read?.bytes ?? bytes, sha256 };
  });
  const common = { hour, files: inputs, misplaced };
  if (isNeighbour(hour)) {
    const ofDay = Object.values(misplaced).reduce((sum, count) => sum + count, 0);
    const neighbour = { records, digest: String(digest) };
    const isOver = parseSourceHour(hour, date).date < date;
    const damagedFiles = files.flatMap(({ file }) =>
      damagedNeighbour(file, odd.get(file)?.read.faults ?? [], { isOver }),
    );
    return {
      ...common,
      read: ofDay + of(FAULT),
      outsideDay: 0,
      quarantined: of(FAULT),
      truncatedFiles: [],
      ...(damagedFiles.length > 0 && { damagedFiles }),
      neighbour,
    };
  }
  const faults = faultsOf({ hour, files, odd });
  const unread = faults.filter(({ isWhole }) => isWhole).map(({ file, reason }) => ({ file, reason }));
  return {
    ...common,
    read: lines - of(BLANK) + faults.length,
    outsideDay: of(OUTSIDE_DAY),
    quarantined: of(FAULT) + faults.length,
    truncatedFiles: [...new Set(faults.map(({ file }) => file))],
    ...(unread.length > 0 && { unreadFiles: unread }),
  };
}

/** Throws STORAGE_CHANGED if a part of a file was not read as it was when the whole file was hashed. */
function requireOneContent(items: SourceRead['items']): void {
  const hashed = new Map<string, string>();
  const partsOf = ({ item, found }: SourceRead['items'][number]) =>
    item.splits.map(({ file, start }, index) => {
      return { file: file.file, place: `${file.number}:${start}`, hash: found.parts[index] ?? '' };
    });
  for (const one of items.filter(({ item }) => item.isHash)) {
    for (const { place, hash } of partsOf(one)) hashed.set(place, hash);
  }
  for (const one of items.filter(({ item }) => !item.isHash)) {
    for (const { file, place, hash } of partsOf(one)) {
      if (hash !== (hashed.get(place) ?? hash)) throw changed(`reading ${file}`);
    }
  }
}

/**
 * Writes the bad records of a source hour for the quarantine. Resolves to the file, or to undefined if there are none.
 * Throws ENGINE_FAILED if the transform fails on too many.
 */
export async function quarantineOf(source: SourceRead, folder: string): Promise<string | undefined> {
  const faults = faultsOf(source);
  if (faults.length === 0 && !source.items.some(({ found }) => found.bad !== null)) return undefined;
  const path = join(folder, `.quarantine-${source.hour}.ndjson`);
  await writeQuarantine(path, recordsOf(source));
  return path;
}

async function* recordsOf(source: SourceRead): AsyncGenerator<QuarantinedRecord> {
  /** By file, its lines before the current split. */
  const before = new Map<string, number>();
  const finders = new Map([...source.odd].map(([file, { unreadable }]) => [file, unreadable.finder()]));
  let failing = 0;
  for (const { item, found } of source.items) {
    const firsts = item.splits.map(({ file }, index) => {
      const first = before.get(file.file) ?? 0;
      before.set(file.file, first + (found.lines[index] ?? 0));
      return first;
    });
    if (found.bad === null) continue;
    for await (const line of createInterface({ input: createReadStream(found.bad), crlfDelay: Infinity })) {
      const bad = badLine.parse(JSON.parse(line));
      const file = item.splits[bad.split]?.file.file ?? '';
      const position = (firsts[bad.split] ?? 0) + bad.line;
      if ('failure' in bad && (failing += 1) > MOST_FAILING)
        throw tooManyFailing(valueFailureOf(bad.failure) ?? bad.failure);
      yield {
        file,
        line: position + 1,
        ...((await finders.get(file)?.(position)) ?? keptOf(bad, source.maximumBytes)),
      };
    }
  }
  for (const { file, line, reason } of faultsOf(source)) yield { file, line, reason, text: '' };
}

function keptOf(bad: BadLine, maximumBytes: number): UnreadableLine {
  if ('note' in bad) {
    const { reason, text } = faultOf(bad.note);
    return { reason, ...keptText(text) };
  }
  if ('failure' in bad) {
    const words = valueFailureOf(bad.failure) ?? bad.failure;
    return { reason: `the transform fails on it: ${words}`, ...keptText(bad.text) };
  }
  const bytes = Buffer.from(bad.bytes, 'base64');
  return 'large' in bad
    ? { reason: tooLarge(maximumBytes), ...keptBeginning(bytes, bad.large) }
    : { reason: NOT_UTF8, ...keptBytes(bytes, bad.binary) };
}

/** What cannot be read of the hour's own files. The faults of a neighbour belong to the quarantine of its own day. */
function faultsOf({ hour, files, odd }: Pick<SourceRead, 'hour' | 'files' | 'odd'>) {
  if (isNeighbour(hour)) return [];
  return files.flatMap(({ file }) =>
    (odd.get(file)?.read.faults ?? []).map(({ line, reason, isWhole = false }) => ({ file, line, reason, isWhole })),
  );
}
