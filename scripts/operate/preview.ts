import { join } from 'node:path';
import { scratchRoot, withScratch } from '../../clients/storage/local/scratch-folder';
import type { BusinessDate } from '../../domain/business-date';
import { inputLocationOf, type Pipeline } from '../../domain/pipeline';
import { previewDay, type Preview } from '../../engines/duckdb/preview';
import { listInput, withInput } from '../../engines/input/input-files';
import { newestDay } from '../../engines/input/newest-day';
import { openPipeline } from '../../engines/pipeline/open-pipeline';
import { folderNamed } from '../../engines/pipeline/pipelines-folder';
import { readPipeline, readSettings } from '../../engines/pipeline/read-pipeline';
import { fetchTables } from '../../engines/tables/fetch-tables';
import type { Config } from '../../worker/config';

export interface PreviewRequest {
  readonly pipeline: string;
  /** Default: the newest local day that has files. */
  readonly date?: BusinessDate | undefined;
  /** How many rows and how many bad records at most. */
  readonly limit: number;
}

export interface PipelinePreview extends Preview {
  readonly pipeline: Pipeline;
  readonly date: BusinessDate;
  /** The location of the files, as people write it. */
  readonly input: string;
}

/**
 * The first rows that a pipeline makes of a day's real files, with the tables that hold on the day. Needs no server but
 * the storage of files and tables. Throws UNKNOWN_PIPELINE, NO_INPUT, and what `openPipeline` and `previewDay` throw.
 */
export async function previewPipeline(
  { pipelines, data }: Pick<Config, 'pipelines' | 'data'>,
  { pipeline: name, date: given, limit }: PreviewRequest,
): Promise<PipelinePreview> {
  const folder = await folderNamed(pipelines, name);
  const settings = await readSettings(folder);
  const location = inputLocationOf(settings, join(data, name));
  return withScratch(scratchRoot(data, name), `preview-${process.pid}`, (scratch) =>
    withInput(location, { scratch, asTheyAre: true }, async (place) => {
      const { date, input } =
        given === undefined
          ? await newestDay(place, settings, new Date())
          : { date: given, input: await listInput(place, settings, given) };
      const read = await readPipeline(folder, date);
      const tables = await fetchTables(read.tables, join(scratch, 'tables'));
      const opened = await openPipeline({ ...read, tables }, folder, { spillFolder: join(scratch, 'spill') });
      try {
        const preview = await previewDay(opened, input, { date, limit, scratch });
        return { pipeline: opened.loaded.pipeline, date, input: place.name, ...preview };
      } finally {
        opened.database.close();
      }
    }),
  );
}
