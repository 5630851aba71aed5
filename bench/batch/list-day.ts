// node --import tsx bench/batch/list-day.ts <location> <pattern>: lists the input files of the benches' day, as a build
// does first, and prints how many there are.
import { join } from 'node:path';
import { parseBusinessDate } from '../../domain/business-date';
import { pipelineSchema } from '../../domain/pipeline';
import { listInput, withInput } from '../../engines/input/input-files';
import { readSettings } from '../../engines/pipeline/read-pipeline';
import { print } from '../../scripts/output/print';
import { cacheFolder } from '../../scripts/stack/fetch/cache';

async function main(location = '', pattern = ''): Promise<void> {
  const settings = await readSettings('pipelines/events');
  const pipeline = pipelineSchema.parse({ ...settings, files: { ...settings.files, pattern } });
  const { own } = await withInput(location, { scratch: join(cacheFolder(), 'bench-batch-listing') }, (place) =>
    listInput(place, pipeline, parseBusinessDate('2026-11-21')),
  );
  print(String(own.length));
}

void main(...process.argv.slice(2));
