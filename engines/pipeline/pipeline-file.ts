/** The file with a pipeline's settings, in the pipeline's folder. */
export const PIPELINE_FILE = 'pipeline.yaml';
