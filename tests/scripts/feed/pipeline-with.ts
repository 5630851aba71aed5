import type { Pipeline } from '../../../domain/pipeline';
import { readSettings } from '../../../engines/pipeline/read-pipeline';

/** The example pipeline with other settings of its files. */
export async function pipelineWith(files: Partial<Pipeline['files']> = {}): Promise<Pipeline> {
  const pipeline = await readSettings('pipelines/events');
  return { ...pipeline, files: { ...pipeline.files, ...files } };
}
