import * as z from 'zod';
import { isSameZone } from '../../domain/business-date';
import { OUTPUT_TYPES } from '../../domain/column-types';
import { DaybreakError } from '../../domain/errors';
import { outputTimeColumnOf } from '../../domain/pipeline';
import { valueFailureOf } from '../duckdb/value-failure';
import type { LoadedPipeline } from '../model/loaded-pipeline';

/** What the rows of a version are, for readers whose pipeline may be a later one. */
export const rowForm = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.enum(OUTPUT_TYPES) })),
  time: z.object({ column: z.string(), format: z.string(), zone: z.string() }),
});
export type RowForm = z.infer<typeof rowForm>;

export function rowFormOf({ pipeline, outputColumns }: Pick<LoadedPipeline, 'pipeline' | 'outputColumns'>): RowForm {
  return {
    columns: [...outputColumns],
    time: {
      column: outputTimeColumnOf(pipeline),
      format: pipeline.events.time.format,
      zone: pipeline.timeZone,
    },
  };
}

/** A version of a day, as messages name it. */
export interface NamedVersion {
  readonly pipeline: string;
  readonly date: string;
  readonly version: string;
}

/**
 * Throws UNREADABLE_VERSION if the pipeline would take the version's rows for others: a column is of another type, or the
 * time is another column, in another format or another zone. A column that the pipeline has in addition has no value.
 *
 * @param form undefined of a version of an earlier release, which did not record it.
 * @param isWhole whether it is also needed that the pipeline has all columns of the version. Default false.
 */
export function requireReadable(
  form: RowForm | undefined,
  loaded: Pick<LoadedPipeline, 'pipeline' | 'outputColumns'>,
  version: NamedVersion,
  { isWhole = false } = {},
): void {
  const difference = form && firstDifference(form, rowFormOf(loaded), isWhole);
  if (difference !== undefined) throw unreadable(version, difference);
}

function firstDifference(of: RowForm, now: RowForm, isWhole: boolean): string | undefined {
  if (of.time.column !== now.time.column)
    return `has its times in ${of.time.column}, and the pipeline in ${now.time.column}`;
  if (of.time.format !== now.time.format)
    return `has times in the format ${of.time.format}, and the pipeline in ${now.time.format}`;
  if (!isSameZone(of.time.zone, now.time.zone))
    return `has times of ${of.time.zone}, and the pipeline of ${now.time.zone}`;
  const types = new Map(now.columns.map(({ name, type }) => [name, type]));
  for (const { name, type } of of.columns) {
    const present = types.get(name);
    if (present !== undefined && present !== type) return `has ${name} as ${type}, and the pipeline as ${present}`;
    if (present === undefined && isWhole) return `has the column ${name}, which the pipeline no longer has`;
  }
  return undefined;
}

/** Runs `read`. Throws UNREADABLE_VERSION if a value of the version's rows is not of its column's type. */
export async function readingRows<T>(version: NamedVersion, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    const failure = valueFailureOf(thrown);
    throw failure === undefined ? thrown : unreadable(version, `cannot be read: ${failure}`, thrown);
  }
}

function unreadable({ pipeline, date, version }: NamedVersion, difference: string, cause?: unknown): DaybreakError {
  return new DaybreakError('UNREADABLE_VERSION', {
    what: `the version ${version} of ${date} ${difference}`,
    remedy: `Recompute the day with the pipeline as it is: npx daybreak batch run --pipeline ${pipeline} --date ${date}. To keep the rows of the version, first give the pipeline's folder the state back that it had then.`,
    cause,
  });
}
