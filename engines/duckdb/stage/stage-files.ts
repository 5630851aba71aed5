import { setImmediate } from 'node:timers/promises';
import type { BusinessDate } from '../../../domain/business-date';
import type { InputFile, UnreadFile } from '../../../domain/day-manifest';
import { parseSourceHour } from '../../../domain/file-hours';
import type { NeighbourContent, ProgressCounter } from '../../model/build-plan';
import type { ListedFile } from '../../input/listed-file';
import { isPacked } from '../../input/compression';
import { NotWhole, type ReadFile } from '../../input/file-bytes';
import type { FileFault } from '../../input/gzip/damaged-gzip';
import { readChunks, type ReadOptions } from '../../input/line-chunks';
import type { HourScanner } from '../../model/fast-path';
import type { QuarantinedRecord } from '../../versions/quarantine';
import type { HourInput, HourStage } from './hour-stage';

/** The files of a source hour. */
export interface SourceFiles {
  readonly date: BusinessDate;
  /** See SourceHour. */
  readonly hour: string;
  readonly files: readonly ListedFile[];
}

/** What was read into the stage. */
export interface ReadFiles {
  readonly files: readonly InputFile[];
  /**
   * What cannot be read of the files, as lines of the quarantine. Empty for a neighbouring hour: its faults belong to
   * the quarantine of its own day.
   */
  readonly faults: readonly QuarantinedRecord[];
  /** Files that were not read at all. */
  readonly unread: readonly UnreadFile[];
  /** See SourceHour. Empty for an hour of the day. */
  readonly damagedFiles: readonly UnreadFile[];
  /** Only for a neighbouring hour. */
  readonly neighbour: NeighbourContent | undefined;
  readonly lines: number;
}

export interface Reading {
  readonly signal: AbortSignal;
  readonly progress?: Pick<ProgressCounter, 'addRows'>;
  /** Asked after each chunk with the bytes of lines so far. If true, the rest is not read. Default: all is read. */
  readonly isEnough?: (bytes: number) => Promise<boolean>;
}

interface Scanned extends Reading {
  readonly scanner: HourScanner | undefined;
  /** Absolute path of the Parquet file for proven lines of an hour of the day. */
  readonly path?: string;
}

/** Stages the files of an hour, with the fast path if it helps. */
export async function stageSource(stage: HourStage, source: SourceFiles, options: Scanned): Promise<ReadFiles> {
  return (await stageProven(stage, source, options)) ?? stageAll(stage, source, options);
}

/** The same with the fast path. Undefined, with nothing staged, if it does not help. */
export async function stageProven(
  stage: HourStage,
  source: SourceFiles,
  { scanner, path, ...reading }: Scanned,
): Promise<ReadFiles | undefined> {
  const { date, hour, own } = parseSourceHour(source.hour, source.date);
  const scanned = { date, hour, bytes: unpackedBytes(source.files), path: own ? path : undefined };
  return scanner?.use(scanned, (scan) => stageFiles(stage, source, { ...reading, scan }));
}

/** Stages every line of an hour's files in the table. */
export async function stageAll(stage: HourStage, source: SourceFiles, reading: Reading): Promise<ReadFiles> {
  const read = await stageFiles(stage, source, { ...reading, scan: undefined });
  if (read === undefined) throw new Error(`the lines of the hour ${source.hour} could not be staged`);
  return read;
}

/** Undefined if the hour must be staged again without a scan. */
async function stageFiles(
  stage: HourStage,
  { date, hour, files: listed }: SourceFiles,
  { carefully = false, ...options }: Reading & Pick<HourInput, 'scan'> & Pick<ReadOptions, 'carefully'>,
): Promise<ReadFiles | undefined> {
  const { signal, progress, isEnough, scan } = options;
  const files: InputFile[] = [];
  const faults: QuarantinedRecord[] = [];
  const unread: UnreadFile[] = [];
  const damagedFiles: UnreadFile[] = [];
  let [rows, bytes] = [0, 0];
  const expected = parseSourceHour(hour, date);
  await stage.begin({ ...expected, scan });
  const onFile = ({ file }: ListedFile, read: ReadFile): void => {
    files.push({ file, hour, bytes: read.bytes, sha256: read.sha256 });
    if (!expected.own) {
      damagedFiles.push(...damagedNeighbour(file, read.faults, { isOver: expected.date < date }));
      return;
    }
    for (const { line, reason, isWhole } of read.faults) {
      faults.push({ file, line, reason, text: '' });
      if (isWhole === true) unread.push({ file, reason });
    }
  };
  let [whole, isDamaged] = [true, false];
  try {
    for await (const chunk of readChunks(listed, { ...stage.reading, onFile, carefully })) {
      signal.throwIfAborted();
      const lines = await stage.add(chunk);
      if (lines === undefined) {
        whole = false;
        break;
      }
      [rows, bytes] = [rows + lines, bytes + chunk.text.length + 1];
      progress?.addRows(lines, chunk.text.length + 1);
      if (await isEnough?.(bytes)) break;
      // Scans and reads of small files are synchronous: this gives heartbeats a chance.
      await setImmediate();
    }
  } catch (thrown) {
    if (!(thrown instanceof NotWhole)) throw thrown;
    [whole, isDamaged] = [false, true];
  }
  if (await stage.end(whole)) {
    const neighbour = expected.own ? undefined : await stage.neighbourContent();
    return { files, faults, unread, damagedFiles, neighbour, lines: rows };
  }
  progress?.addRows(-rows, -bytes);
  await stage.clear();
  return isDamaged ? stageFiles(stage, { date, hour, files: listed }, { ...options, carefully: true }) : undefined;
}

/**
 * A file of a neighbouring hour with its first fault, if it has one that stays. A file of an hour after the day may only
 * lack what is still to be written: that is late data.
 *
 * @param isOver whether the hour is before the day.
 */
export function damagedNeighbour(
  file: string,
  faults: readonly FileFault[],
  { isOver }: { readonly isOver: boolean },
): UnreadFile[] {
  const first = faults.find(({ isCut }) => isOver || isCut !== true);
  return first === undefined ? [] : [{ file, reason: first.reason }];
}

/** An estimate, never too low. The size of a compressed file's content is not known before it is read. */
export function unpackedBytes(files: readonly ListedFile[]): number {
  return files.reduce((sum, file) => sum + unpackedBytesOf(file), 0);
}

function unpackedBytesOf({ file, bytes, range }: ListedFile): number {
  if (range !== undefined) return range.to - range.from;
  return isPacked(file) ? bytes * 20 + PACKED_BYTES : bytes;
}

const PACKED_BYTES = 1024 * 1024;
