import { outputPlaceIn, requireCurrent } from '../../activities/batch/built-day';
import { scratchRoot, withScratch } from '../../clients/storage/local/scratch-folder';
import { listed } from '../../domain/bounded-text';
import type { BusinessDate } from '../../domain/business-date';
import { asDaybreakError, DaybreakError, type ErrorCode } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { readCurrent, refuseOthers, type DayOutput, type PublishedDay } from '../../engines/versions/day-output';
import { withOutput } from '../../engines/versions/open-output';
import type { QuarantinedRecord } from '../../engines/versions/quarantine';
import { kindOfReason, readQuarantine } from '../../engines/versions/read-quarantine';
import type { Config } from '../../worker/config';

/** The number of records by kind of reason, the most frequent first; see `kindOfReason`. */
export type CountsByReason = readonly { readonly reason: string; readonly records: number }[];

export interface QuarantinedDay {
  readonly date: BusinessDate;
  /** As the manifest of the day has it. */
  readonly records: number;
  readonly byReason: CountsByReason;
}

export interface QuarantineList {
  /** Only days with quarantined records, in order. */
  readonly days: readonly QuarantinedDay[];
  /** How many of the asked days are built and could be read. */
  readonly built: number;
  /** Of all days. */
  readonly records: number;
  /** The days that could not be read, in order. Absent if there is none. */
  readonly failures?: readonly DayFailure[];
}

/** Why the quarantine of a day could not be read. */
export interface DayFailure extends Pick<DaybreakError, 'code' | 'what' | 'remedy'> {
  readonly date: BusinessDate;
}

/** Which records of a day are wanted. */
export interface RecordSelection {
  /** A part of the reason, or of its kind. Default: any reason. */
  readonly reason?: string | undefined;
  /** How many records to give at most. */
  readonly limit: number;
}

export interface ShownQuarantine extends QuarantinedDay {
  /** How many of the day's records have the wanted reason. */
  readonly selected: number;
  /** The first of these. */
  readonly shown: readonly QuarantinedRecord[];
}

/** What is wrong with the storage, or with how it is reached. */
const OF_EVERY_DAY: ReadonlySet<ErrorCode> = new Set(['STORAGE_FAILED', 'STORAGE_REFUSED', 'BAD_CONFIGURATION']);

/**
 * Counts the quarantined records of some days, as they are published. Needs no server but the output's storage. A day
 * that is damaged is one of the `failures`. Throws whatever the other days would fail with too, such as
 * STORAGE_FAILED.
 */
export async function listQuarantine(
  { data }: Pick<Config, 'data'>,
  pipeline: Pipeline,
  dates: readonly BusinessDate[],
): Promise<QuarantineList> {
  const place = await outputPlaceIn(data, pipeline);
  const days: QuarantinedDay[] = [];
  const failures: DayFailure[] = [];
  let built = 0;
  for (const date of dates) {
    const day = await withOutput(place, date, async (output) => {
      const published = await readCurrent(output);
      if (published === undefined) return undefined;
      refuseOthers(published, pipeline.name);
      return countRecords(output, published, scratchRoot(data, pipeline.name));
    }).catch(asDaybreakError);
    if (day === undefined) continue;
    if (day instanceof DaybreakError) {
      if (OF_EVERY_DAY.has(day.code)) throw day;
      const { code, what, remedy } = day;
      failures.push({ date, code, what, remedy });
      continue;
    }
    built += 1;
    if (day.records > 0) days.push(day);
  }
  const records = days.reduce((sum, day) => sum + day.records, 0);
  return { days, built, records, ...(failures.length > 0 && { failures }) };
}

/**
 * The quarantined records of a day, as it is published. Throws NOT_BUILT if it is not, WRONG_USAGE if no record has the
 * wanted reason, and OUTPUT_FAILED if the quarantine is damaged.
 */
export async function showQuarantine(
  { data }: Pick<Config, 'data'>,
  pipeline: Pipeline,
  date: BusinessDate,
  { reason = '', limit }: RecordSelection,
): Promise<ShownQuarantine> {
  const shown: QuarantinedRecord[] = [];
  let selected = 0;
  const day = await withOutput(await outputPlaceIn(data, pipeline), date, async (output) => {
    const published = await requireCurrent(output, pipeline.name);
    return countRecords(output, published, scratchRoot(data, pipeline.name), (record, kind) => {
      if (!kind.includes(reason) && !record.reason.includes(reason)) return;
      selected += 1;
      if (shown.length < limit) shown.push(record);
    });
  });
  if (day.records > 0 && selected === 0) {
    throw new DaybreakError('WRONG_USAGE', {
      what: `no quarantined record of ${pipeline.name} on ${date} has the reason ${JSON.stringify(reason)}`,
      remedy: `Give a part of one of: ${listed(
        day.byReason.map((one) => JSON.stringify(one.reason)),
        { separator: '; ' },
      )}.`,
    });
  }
  return { ...day, selected, shown };
}

/** Reads the quarantine of a published day once, record by record. */
async function countRecords(
  output: DayOutput,
  { version, folder, manifest }: PublishedDay,
  scratch: string,
  use: (record: QuarantinedRecord, kind: string) => void = () => undefined,
): Promise<QuarantinedDay> {
  const { date } = output;
  const { quarantine, counts } = manifest;
  const byKind = new Map<string, number>();
  let records = 0;
  if (quarantine !== undefined) {
    await withScratch(scratch, `quarantine-${date}-${process.pid}`, async (copies) => {
      for await (const record of readQuarantine(await output.localFile(version, quarantine.file, copies))) {
        const kind = kindOfReason(record.reason);
        records += 1;
        byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
        use(record, kind);
      }
    });
  }
  if (records !== counts.quarantined) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `the quarantine of ${folder} has ${records} records, and its manifest counts ${counts.quarantined}`,
      remedy: `Something has changed the files: build the day again with npx daybreak batch run --pipeline ${manifest.pipeline} --date ${date} --force.`,
    });
  }
  const byReason = [...byKind].map(([reason, number]) => ({ reason, records: number }));
  return { date, records, byReason: byReason.sort((one, other) => other.records - one.records) };
}
