import { join } from 'node:path';
import { counted } from '../../domain/counted';
import { DaybreakError } from '../../domain/errors';
import { multipliesRows } from '../../domain/pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { TRANSFORM_FILE } from '../pipeline/read-pipeline';

/** How many rows a transform gave for how many events. */
export interface RowCount {
  readonly events: number;
  readonly rows: number;
  /** Which events these are, such as 'the hour 05 of 2026-11-21'. */
  readonly of: string;
}

/**
 * Throws MULTIPLIED_ROWS if there are more rows than events although no table of the pipeline allows its key to repeat.
 * The check of the SQL refuses such joins; this catches what that check does not see.
 */
export function refuseMultipliedRows({ pipeline, folder }: LoadedPipeline, { events, rows, of }: RowCount): void {
  const tables = Object.entries(pipeline.tables);
  if (rows <= events || multipliesRows(pipeline)) return;
  const keys = tables.map(([name, { key }]) => `${key.join(', ')} of ${name}`).join('; ');
  throw new DaybreakError('MULTIPLIED_ROWS', {
    what: `the transform of ${pipeline.name} (${join(folder, TRANSFORM_FILE)}) gives ${counted(rows, 'row')} for the ${counted(events, 'event')} of ${of}`,
    remedy:
      tables.length === 0
        ? 'Write it so that an event gives at most one row.'
        : `See that each join compares the whole key of its table (${keys}) with = in the key's own type, or set allowDuplicateKeys: true for a table that is to multiply rows.`,
  });
}
