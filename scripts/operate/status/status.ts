import type { Client } from '@temporalio/client';
import { join } from 'node:path';
import { dayRuns, lastRuns } from '../../../activities/operate/day-runs';
import { nightlyRunOf } from '../../../activities/operate/nightly-runs';
import { businessDateOf, shiftDate, type BusinessDate } from '../../../domain/business-date';
import { asDaybreakError, DaybreakError } from '../../../domain/errors';
import { isOtherPipeline, servedBuild } from '../../../engines/versions/late-data-scan';
import { pipelineVersion } from '../../../engines/pipeline/pipeline-version';
import type { Config } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { pausedSchedules, type PausedSchedule } from '../schedule/schedules';
import { pollIngestion, type Ingestion, type IngestionUnknown } from '../speed/ingestion';
import { readPipelineFolder, type FolderState, type PipelineFolder } from '../pipeline-folder';
import { remedyOf } from '../remedies';
import { serverStatus, type ServerStatus } from './server-status';
import { EndedLayer, speedView, type SpeedView } from '../speed/speed-status';
import { waitingDays, type WaitingDay } from '../waiting-days';

export interface DayStatus {
  readonly date: string;
  /** The outcome of its last run: 'replaced', 'refused:<code>', 'failed:<code>', … */
  readonly outcome: string;
  /** ISO 8601. */
  readonly started: string;
  /** What to do before the day is run again, if the run did not end well. */
  readonly remedy?: string;
  /** If the run was a restore: the version that it was to bring back. */
  readonly restore?: string;
  /** The version of the pipeline that its build was made with, as far as this machine's data folder has it. */
  readonly version?: string;
  /** The files of that build's tables. Absent in a build of an earlier release. */
  readonly tables?: Readonly<Record<string, string>>;
  /** Whether a build of the day would have another version now. Absent if that is not known. */
  readonly isOther?: boolean;
}

/** What `daybreak status` shows on its one screen. */
export interface Status {
  readonly pipeline: string;
  /** The version with which the next build of a day would be made. */
  readonly folder: FolderState;
  readonly servers: readonly ServerStatus[];
  /** False if Temporal is away. Then neither the speed layer nor the days are known. */
  readonly temporal: boolean;
  /** How data arrives in Druid's realtime. Undefined if Druid does not answer. */
  readonly ingestion: Ingestion | IngestionUnknown | undefined;
  /** Undefined if the speed layer does not run. */
  readonly speed: SpeedView | undefined;
  /** Why the speed layer does not run. Absent if it runs, if it was never started, and if somebody stopped it. */
  readonly ended?: Pick<DaybreakError, 'what' | 'remedy'>;
  /**
   * The pipeline's schedules that are paused: no night is recomputed until they are resumed. Undefined if Temporal does
   * not say.
   */
  readonly paused: readonly PausedSchedule[] | undefined;
  /** The latest run of each of the last nights' days, latest day first. Then the other days that ran recently. */
  readonly days: readonly DayStatus[];
  /**
   * Finished days that need a run: missed days, and days whose files changed, as far as this machine's data folder
   * shows.
   */
  readonly waiting: readonly WaitingDay[];
}

export interface StatusOptions {
  readonly pipeline: string;
  readonly portBase: number | undefined;
}

const DAYS_SHOWN = 7;

/**
 * The status of everything at one moment. A server that is away is part of the result, not an error. Throws
 * UNKNOWN_PIPELINE.
 */
export async function pollStatus(config: Config, { pipeline, portBase }: StatusOptions): Promise<Status> {
  // The servers are asked first, so that they answer while the folder is checked.
  const [servers, folder] = await Promise.all([serverStatus(config, portBase), readPipelineFolder(config, pipeline)]);
  const isUp = servers.some(({ title, up }) => title === 'Temporal' && up);
  const [ingestion, runs] = await Promise.all([
    folder.settings && pollIngestion(config, folder.settings),
    // Another attempt would take as long as the first one.
    isUp ? runsOf(config, pipeline, folder) : noRunsOf(config, folder),
  ]);
  return { pipeline, folder: folder.state, servers, ingestion, ...runs };
}

/** What Temporal knows. */
type Runs = Pick<Status, 'temporal' | 'speed' | 'ended' | 'paused' | 'days' | 'waiting'>;

async function runsOf(config: Config, pipeline: string, folder: PipelineFolder): Promise<Runs> {
  try {
    return await withClient(config, async (client) => {
      const [speed, paused, days, waiting] = await Promise.all([
        speedOf(client, pipeline),
        // Temporal answers for schedules by a service of its own, and may give them other rights.
        pausedSchedules(client, pipeline).catch(() => undefined),
        lastDays(client, pipeline, folder.settings?.timeZone ?? 'UTC').then((last) =>
          withVersions(last, folder, join(config.data, pipeline)),
        ),
        waitingOf(config, folder, client),
      ]);
      return { temporal: true, ...speed, paused, days, waiting };
    });
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || thrown.code !== 'TEMPORAL_UNREACHABLE') throw thrown;
    return noRunsOf(config, folder);
  }
}

async function noRunsOf(config: Config, folder: PipelineFolder): Promise<Runs> {
  return { temporal: false, speed: undefined, paused: undefined, days: [], waiting: await waitingOf(config, folder) };
}

async function waitingOf(
  { data }: Config,
  { loaded }: PipelineFolder,
  client?: Client,
): Promise<readonly WaitingDay[]> {
  if (loaded === undefined) return [];
  const outcomeOf = client && ((date: BusinessDate) => nightlyRunOf(client, loaded.pipeline, date));
  return waitingDays(loaded, data, DAYS_SHOWN, outcomeOf);
}

async function speedOf(client: Client, pipeline: string): Promise<Pick<Status, 'speed' | 'ended'>> {
  try {
    return { speed: await speedView(client, pipeline) };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || thrown.code !== 'NOT_RUNNING') throw thrown;
    if (!(thrown instanceof EndedLayer)) return { speed: undefined };
    const { what, remedy } = thrown;
    return { speed: undefined, ended: { what, remedy } };
  }
}

/**
 * The days of the last nights first, so that a backfill of other days does not hide them. Then the other days that ran
 * last.
 */
async function lastDays(
  client: Client,
  pipeline: string,
  timeZone: string,
): Promise<(DayStatus & { readonly date: BusinessDate })[]> {
  const from = shiftDate(businessDateOf(new Date(), timeZone), -DAYS_SHOWN);
  const nights = [...(await lastRuns(client, pipeline, { from })).values()];
  const days = new Map(nights.sort((a, b) => (a.date < b.date ? 1 : -1)).map((run) => [run.date, run]));
  for await (const run of dayRuns(client, pipeline)) {
    if (days.size >= DAYS_SHOWN) break;
    if (!days.has(run.date)) days.set(run.date, run);
  }
  return [...days.values()].map(({ date, outcome, startedAt, restore }) => {
    const remedy = remedyOf(outcome);
    return {
      ...{ date, outcome, started: startedAt },
      ...(remedy !== undefined && { remedy }),
      ...(restore !== undefined && { restore }),
    };
  });
}

async function withVersions(
  days: readonly (DayStatus & { readonly date: BusinessDate })[],
  { loaded, settings }: PipelineFolder,
  data: string,
): Promise<readonly DayStatus[]> {
  if (settings === undefined) return days;
  return Promise.all(
    days.map(async (day) => {
      // A storage that is away is no reason to show nothing. The waiting days say what is wrong with it.
      const build = await servedBuild(settings, data, day.date).catch(asDaybreakError);
      if (build === undefined || build instanceof DaybreakError) return day;
      const { tableFiles } = build.manifest;
      const isOther = loaded && (await isOtherPipeline(loaded, build.manifest).catch(asDaybreakError));
      return {
        ...day,
        version: pipelineVersion(build.manifest),
        ...(tableFiles !== undefined && { tables: tableFiles }),
        ...(typeof isOther === 'boolean' && { isOther }),
      };
    }),
  );
}
