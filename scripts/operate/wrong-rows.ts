import { outputPlaceIn, requireCurrent } from '../../activities/batch/built-day';
import { withRowsFile } from '../../activities/batch/compare-day';
import { scratchRoot, withScratch } from '../../clients/storage/local/scratch-folder';
import { listed } from '../../domain/bounded-text';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import { rowsWhere } from '../../engines/duckdb/rows-where';
import { loadPipelineWithoutTables } from '../../engines/load-pipeline';
import { readState } from '../../engines/versions/build-state';
import { withOutput } from '../../engines/versions/open-output';
import { requireReadable } from '../../engines/versions/row-form';
import type { Config } from '../../worker/config';

export interface WrongRowsQuery {
  readonly pipeline: string;
  readonly date: BusinessDate;
  /** The name of a check. */
  readonly check: string;
  /** How many rows to give at most. */
  readonly limit: number;
}

/**
 * The published rows of a day that a check finds wrong, as JSON, in the order of the hours. Throws WRONG_USAGE if the
 * pipeline has no such check, NOT_BUILT if nothing is published, and UNREADABLE_VERSION if the published rows are not of its
 * columns.
 */
export async function wrongRows(
  config: Config,
  { pipeline: name, date, check, limit }: WrongRowsQuery,
): Promise<string[]> {
  const loaded = await loadPipelineWithoutTables(config.pipelines, name);
  const { pipeline, outputColumns } = loaded;
  const where = pipeline.checks.find((one) => one.name === check)?.where;
  if (where === undefined) {
    const names = pipeline.checks.map((one) => one.name);
    throw new DaybreakError('WRONG_USAGE', {
      what: `the pipeline ${name} has no check ${JSON.stringify(check)}`,
      remedy: names.length === 0 ? 'Add checks to its pipeline.yaml.' : `Use one of: ${listed(names)}.`,
    });
  }
  return withOutput(await outputPlaceIn(config.data, pipeline), date, async (output) => {
    const { version, manifest } = await requireCurrent(output, name);
    requireReadable((await readState(output, version))?.form, loaded, { pipeline: name, date, version });
    return withScratch(scratchRoot(config.data, name), `rows-${date}-${process.pid}`, async (scratch) => {
      const found: string[] = [];
      for (const { file, written, wrong } of manifest.hours) {
        // An hour that was not counted for this check may have some.
        if (written === 0 || wrong?.[check] === 0 || found.length === limit) continue;
        const most = limit - found.length;
        found.push(
          ...(await withRowsFile({ output, version, pipeline: name }, file, { scratch }, (path) =>
            rowsWhere(pipeline, outputColumns, { file: path, where, most, scratch }),
          )),
        );
      }
      return found;
    });
  });
}
