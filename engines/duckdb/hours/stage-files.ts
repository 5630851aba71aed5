import { setImmediate } from 'node:timers/promises';
import type { BusinessDate } from '../../../domain/business-date';
import type { InputFile } from '../../../domain/day-manifest';
import { parseSourceHour } from '../../../domain/file-hours';
import type { NeighbourContent, ProgressCounter } from '../../model/build-plan';
import type { ListedFile } from '../../input/input-files';
import { isPacked } from '../../input/gzip/gzip-name';
import { NotWhole, type ReadFile } from '../../input/file-bytes';
import { readChunks, type ReadOptions } from '../../input/line-chunks';
import type { SharedKernel } from '../../fast-path/shared-kernel';
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
   * What of them cannot be read, as lines of the quarantine; nothing of a neighbouring hour, since that is for the
   * quarantine of its own day.
   */
  readonly faults: readonly QuarantinedRecord[];
  /** Of a neighbouring hour alone. */
  readonly neighbour: NeighbourContent | undefined;
}

export interface Reading {
  readonly signal: AbortSignal;
  readonly progress?: Pick<ProgressCounter, 'addRows'>;
}

/** Stages the files of an hour, by the kernel where it is of use; proven lines are kept in a Parquet file at `path`. */
export async function stageProven(
  stage: HourStage,
  source: SourceFiles,
  { kernels, path, ...reading }: Reading & { readonly kernels: SharedKernel; readonly path: string },
): Promise<ReadFiles> {
  const proven = await kernels.use(unpackedBytes(source.files), (kernel) =>
    stageFiles(stage, source, { ...reading, proof: { kernel, path } }),
  );
  return proven ?? stageAll(stage, source, reading);
}

/** Stages every line of the files of an hour in the table. */
export async function stageAll(stage: HourStage, source: SourceFiles, reading: Reading): Promise<ReadFiles> {
  const read = await stageFiles(stage, source, { ...reading, proof: undefined });
  if (read === undefined) throw new Error(`the lines of the hour ${source.hour} could not be staged`);
  return read;
}

/** Undefined where the hour must be staged again, without a proof. */
async function stageFiles(
  stage: HourStage,
  { date, hour, files: listed }: SourceFiles,
  { carefully = false, ...options }: Reading & Pick<HourInput, 'proof'> & Pick<ReadOptions, 'carefully'>,
): Promise<ReadFiles | undefined> {
  const { signal, progress, proof } = options;
  const files: InputFile[] = [];
  const faults: QuarantinedRecord[] = [];
  let [rows, bytes] = [0, 0];
  const expected = parseSourceHour(hour, date);
  await stage.begin({ ...expected, bytes: unpackedBytes(listed), proof });
  const onFile = ({ file }: ListedFile, read: ReadFile): void => {
    files.push({ file, hour, bytes: read.bytes, sha256: read.sha256 });
    if (expected.own) faults.push(...read.faults.map((fault) => ({ file, ...fault, text: '' })));
  };
  let [whole, isDamaged] = [true, false];
  try {
    for await (const chunk of readChunks(listed, { onFile, carefully, maximumBytes: stage.maximumBytes })) {
      signal.throwIfAborted();
      const lines = await stage.add(chunk);
      if (lines === undefined) {
        whole = false;
        break;
      }
      [rows, bytes] = [rows + lines, bytes + chunk.text.length + 1];
      progress?.addRows(lines, chunk.text.length + 1);
      // The kernel and what is read of small files leave no room for heartbeats.
      await setImmediate();
    }
  } catch (thrown) {
    if (!(thrown instanceof NotWhole)) throw thrown;
    [whole, isDamaged] = [false, true];
  }
  if (await stage.end(whole)) {
    return { files, faults, neighbour: expected.own ? undefined : await stage.neighbourContent() };
  }
  progress?.addRows(-rows, -bytes);
  await stage.clear();
  return isDamaged ? stageFiles(stage, { date, hour, files: listed }, { ...options, carefully: true }) : undefined;
}

/** About; never less. What a compressed file holds is not known before it is read. */
function unpackedBytes(files: readonly ListedFile[]): number {
  return files.reduce((sum, { file, bytes }) => sum + (isPacked(file) ? bytes * 20 + PACKED_BYTES : bytes), 0);
}

const PACKED_BYTES = 1024 * 1024;
