import { join } from 'node:path';
import { DaybreakError } from '../domain/errors';
import type { Pipeline } from '../domain/pipeline';
import type { LoadedPipeline } from '../engines/loaded-pipeline';
import { loadPipelineNamed } from '../engines/pipeline-folder';
import { pipelineVersion } from '../engines/pipeline-version';
import { readSettings } from '../engines/read-pipeline';
import type { Config } from '../worker/config';

/** What a pipeline's folder on this machine holds, also where it is wrong. */
export interface PipelineFolder {
  readonly loaded: LoadedPipeline | undefined;
  /** Undefined where not even they can be read. */
  readonly settings: Pipeline | undefined;
  readonly state: FolderState;
}

/** The version that the next build of a day has, or why there can be none. */
export type FolderState =
  { readonly version: string } | { readonly code: string; readonly what: string; readonly remedy: string };

/** Throws UNKNOWN_PIPELINE where there is no such folder. */
export async function readPipelineFolder({ pipelines }: Config, name: string): Promise<PipelineFolder> {
  try {
    const loaded = await loadPipelineNamed(pipelines, name);
    return { loaded, settings: loaded.pipeline, state: { version: pipelineVersion(loaded.hashes) } };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !/^BAD_(PIPELINE|TRANSFORM|TABLE)$/.test(thrown.code)) throw thrown;
    const settings = await readSettings(join(pipelines, name)).catch(() => undefined);
    const { code, what, remedy } = thrown;
    return { loaded: undefined, settings, state: { code, what, remedy } };
  }
}
