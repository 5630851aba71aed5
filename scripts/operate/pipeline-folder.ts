import { join } from 'node:path';
import { businessDateOf } from '../../domain/business-date';
import { DaybreakError, type ErrorCode } from '../../domain/errors';
import { parsePipelineName, tablesByDate, type Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { currentSettings, realtimeFolder } from '../../engines/pipeline/pipeline-copies';
import { folderNamed, pipelineNames } from '../../engines/pipeline/pipelines-folder';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { pipelineVersion } from '../../engines/pipeline/pipeline-version';
import { readSettings } from '../../engines/pipeline/read-pipeline';
import { filesOf, withTablesOf } from '../../engines/tables/table-versions';
import type { Config } from '../../worker/config';
import { progress } from '../output/print';

/** What a pipeline's folder on this machine holds, also if the folder is wrong. */
export type PipelineFolder =
  | { readonly loaded: LoadedPipeline; readonly settings: Pipeline; readonly state: FolderVersion }
  /** `settings` is undefined if not even the settings can be read. */
  | { readonly loaded: undefined; readonly settings: Pipeline | undefined; readonly state: FolderFault };

interface FolderVersion {
  readonly version: string;
  /** The latest file of each table by date, up to today. Absent if there is no such table. */
  readonly tables?: Readonly<Record<string, string>>;
}

interface FolderFault {
  readonly code: ErrorCode;
  readonly what: string;
  readonly remedy: string;
}

/** The version that the next build of a day has, or the reason why no build is possible. */
export type FolderState = FolderVersion | FolderFault;

/**
 * Throws UNKNOWN_PIPELINE if there is no such folder and realtime never ran such a pipeline. Takes no time: it is for a
 * command that does something long before it reads the folder.
 */
export async function requirePipeline({ pipelines, data }: Config, name: string): Promise<void> {
  const copies = realtimeFolder(data, name);
  try {
    await folderNamed(pipelines, name);
  } catch (thrown) {
    if ((await currentSettings(copies, name)) === undefined) throw thrown;
  }
}

/** Throws UNKNOWN_PIPELINE like `requirePipeline`, and BAD_CONFIGURATION if the folder of all pipelines cannot be read. */
export async function readPipelineFolder(config: Config, name: string): Promise<PipelineFolder> {
  parsePipelineName(name);
  // If the folder of all pipelines cannot be read, that is no fault of this one.
  await pipelineNames(config.pipelines);
  try {
    const read = await loadPipelineNamed(config.pipelines, name);
    const loaded = await withTablesOf(read, businessDateOf(new Date(), read.pipeline.timeZone));
    const files = filesOf(loaded.tables);
    const byDate = tablesByDate(loaded.pipeline).map((table) => [table, files[table] ?? ''] as const);
    const tables = byDate.length > 0 && { tables: Object.fromEntries(byDate) };
    return { loaded, settings: loaded.pipeline, state: { version: pipelineVersion(loaded.hashes), ...tables } };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !FOLDER_CODES.includes(thrown.code)) throw thrown;
    const isThere = thrown.code !== 'UNKNOWN_PIPELINE';
    const settings = await settingsOf(config, name, isThere);
    if (!isThere && settings === undefined) throw thrown;
    const { code, what, remedy } = thrown;
    return { loaded: undefined, settings, state: { code, what, remedy } };
  }
}

/**
 * The settings of a pipeline, for commands that only show, or that change none of its rows. They come from its folder,
 * whose SQL and tables are not checked. If they cannot be read there, they are those that realtime took last on this
 * machine, with a warning. Throws UNKNOWN_PIPELINE or BAD_PIPELINE if there are no settings.
 */
export async function readSettingsNamed({ pipelines, data }: Config, name: string): Promise<Pipeline> {
  const copies = realtimeFolder(data, name);
  try {
    return await readSettings(await folderNamed(pipelines, name));
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !SETTINGS_CODES.includes(thrown.code)) throw thrown;
    const kept = await currentSettings(copies, name);
    if (kept === undefined) throw thrown;
    warn(thrown);
    return kept;
  }
}

/**
 * The settings too if SQL or tables are wrong, and the pipeline itself unless its folder is wrong. Prints a warning if it
 * is. Throws as `loadPipeline` if there are no settings.
 */
export async function readFolderNamed(
  config: Config,
  name: string,
): Promise<{ readonly settings: Pipeline; readonly loaded: LoadedPipeline | undefined }> {
  const { loaded, settings, state } = await readPipelineFolder(config, name);
  if (loaded !== undefined) return { settings, loaded };
  if (settings === undefined) throw new DaybreakError(state.code, state);
  warn(state);
  return { settings, loaded };
}

function warn({ code, what }: Pick<FolderFault, 'code' | 'what'>): void {
  progress(`${code} ${what}. This command goes on with the settings that can be read.`);
}

/** What is wrong with settings. */
const SETTINGS_CODES: readonly ErrorCode[] = ['BAD_PIPELINE', 'UNKNOWN_PIPELINE'];

const FOLDER_CODES: readonly ErrorCode[] = [
  ...SETTINGS_CODES,
  ...(['BAD_TRANSFORM', 'BAD_TABLE'] as const),
  // Their check has no process of its own, or too little memory.
  'ENGINE_FAILED',
  // The storage of a table.
  ...(['BAD_CONFIGURATION', 'STORAGE_FAILED', 'STORAGE_REFUSED', 'STORAGE_CHANGED'] as const),
];

async function settingsOf(
  { pipelines, data }: Config,
  name: string,
  hasFolder: boolean,
): Promise<Pipeline | undefined> {
  const own = hasFolder ? await readSettings(join(pipelines, name)).catch(() => undefined) : undefined;
  return own ?? currentSettings(realtimeFolder(data, name), name);
}
