import * as z from 'zod';
import type { HourFigures } from '../../domain/day-figures';
import type { InputFile } from '../../domain/day-manifest';
import type { SourceHour } from '../model/build-plan';
import type { DayOutput, PublishedDay } from './day-output';
import { rowForm, type RowForm } from './row-form';

/** What an incremental build needs in addition to the manifest, which is in the same folder. */
export interface BuildState {
  /** The number of the rules of engine and code that shape rows: RULES of previous-build.ts. */
  readonly rules: string;
  /** By file; see ListedFile.stamp. */
  readonly stamps: Readonly<Record<string, string>>;
  readonly sources: readonly SourceState[];
  /** Distinct records by hour of the day. */
  readonly kept: Readonly<Record<string, number>>;
  /** The figures of rows by hour of the day, as far as builds computed them. A proof reads them too. */
  readonly figures: Readonly<Record<string, HourFigures>>;
  /** Absent in a version of an earlier release. */
  readonly form?: RowForm | undefined;
}

export interface SourceState extends Omit<SourceHour, 'files'> {
  /** Only for a neighbouring hour: the manifest lists only those that had records of the day. */
  readonly files?: readonly InputFile[] | undefined;
  /** Bytes of its part of the quarantine file. The parts are in the order of the sources. */
  readonly quarantineBytes: number;
}

/** A published version that a build can take unchanged hours from. */
export interface PreviousBuild extends PublishedDay {
  readonly state: BuildState;
}

const count = z.number().int().nonnegative();
/** `strays` in the files is `misplaced` in the code. */
const stateSchema = z.object({
  rules: z.string(),
  stamps: z.record(z.string(), z.string()),
  sources: z.array(
    z
      .object({
        hour: z.string(),
        read: count,
        outsideDay: count,
        quarantined: count,
        strays: z.record(z.string(), count),
        // A version of an earlier release lacks this; it is not built upon.
        truncatedFiles: z.array(z.string()).default([]),
        unreadFiles: z.array(z.object({ file: z.string(), reason: z.string() })).optional(),
        damagedFiles: z.array(z.object({ file: z.string(), reason: z.string() })).optional(),
        quarantineBytes: count,
        neighbour: z.object({ records: count, digest: z.string() }).optional(),
        files: z.array(z.object({ file: z.string(), hour: z.string(), bytes: count, sha256: z.string() })).optional(),
      })
      .transform(({ strays: misplaced, ...source }) => ({ ...source, misplaced })),
  ),
  kept: z.record(z.string(), count),
  // A version of an earlier release lacks them.
  figures: z
    .record(
      z.string(),
      z.object({
        rows: count,
        columns: z.array(z.object({ name: z.string(), values: count, sum: z.string().regex(/^-?\d{1,20}$/) })),
      }),
    )
    .default({}),
  form: rowForm.optional(),
}) satisfies z.ZodType<BuildState>;

/** The state as it is stored in a version. */
export function stateText(state: BuildState): string {
  const sources = state.sources.map(({ misplaced: strays, ...source }) => ({ ...source, strays }));
  return JSON.stringify({ ...state, sources });
}

/** Replaces the state of a version as a whole. */
export async function writeState(output: DayOutput, version: string, state: BuildState): Promise<void> {
  await output.writeState(version, stateText(state));
}

/** Undefined if the version has no state, or one that a loss of power left broken. */
export async function readState(output: DayOutput, version: string): Promise<BuildState | undefined> {
  const text = await output.readState(version);
  if (text === undefined) return undefined;
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
