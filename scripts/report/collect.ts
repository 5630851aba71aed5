import { WorkflowFailedError, type Client } from '@temporalio/client';
import { join } from 'node:path';
import { dayRuns, type DayRun } from '../../activities/operate/day-runs';
import { nightlyRunOf } from '../../activities/operate/nightly-runs';
import type { BusinessDate } from '../../domain/business-date';
import { asDaybreakError, DaybreakError, messageOf } from '../../domain/errors';
import { unusualHours } from '../../domain/hour-lengths';
import { decideLateData, type DaySurvey } from '../../domain/late-data';
import type { Pipeline } from '../../domain/pipeline';
import { workflowUrl } from '../../domain/workflow-url';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { isOfOneDay, surveyDay } from '../../engines/versions/late-data-scan';
import type { Config } from '../../worker/config';
import { temporalUi, withClient } from '../../worker/connect';
import { remedyOf } from '../operate/remedies';
import { shownDays } from '../operate/shown-days';
import { failureOf } from '../operate/workflow-failure';
import { druidLag, layerState } from './realtime';
import type { ReportData, ReportDay, ReportRun, Verdict } from './report-data';
import { storedDays } from './stored-days';

/** What a report is made of. */
export interface ReportedPipeline {
  readonly settings: Pipeline;
  /** Undefined if the pipeline's folder is wrong: then it is not known which days have files. */
  readonly loaded: LoadedPipeline | undefined;
}

export interface ReportOptions {
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly turnilo?: string;
}

/**
 * Puts together what the stored reconciliations, Temporal's runs, the input files and the speed layer say. What does not
 * answer is left out, and the report says so.
 */
export async function collectReport(
  config: Config,
  { settings, loaded }: ReportedPipeline,
  { turnilo, ...range }: ReportOptions,
): Promise<ReportData> {
  const { name, timeZone } = settings;
  const dates = shownDays(settings, range);
  const stored = await storedDays(join(config.data, name, 'reconciliation'), dates);
  const [temporal, lag] = await Promise.all([runsAndLayer(config, name, dates), druidLag(config, settings)]);
  const days = dates.map((date) => dayOf(date, timeZone, stored.get(date), temporal.runs.get(date)));
  const input = await surveyInput(
    config,
    loaded,
    days.filter(({ verdict }) => verdict === 'none'),
  );
  const missed = temporal.unknown === undefined ? await missedDays(config, settings, input.surveys) : NONE;
  return {
    pipeline: name,
    timeZone,
    generatedAt: new Date().toISOString(),
    temporalUrl: config.temporal.uiUrl,
    ...(turnilo && { turniloUrl: `${turnilo}#${encodeURIComponent(settings.druid.datasource)}` }),
    ...(temporal.unknown !== undefined && { withoutRuns: temporal.unknown }),
    ...(input.unknown !== undefined && { withoutInput: input.unknown }),
    realtime: { ...temporal.layer, ...lag },
    days: days.map((day) => withSurvey(day, input.surveys.get(day.date), missed.has(day.date))),
  };
}

/** Temporal forgets a run after its retention, and this machine may never have had the day's result: the output has it. */
function withSurvey(day: ReportDay, survey: DaySurvey | undefined, isMissed: boolean): ReportDay {
  if (survey === undefined) return day;
  if (survey.replaced) return { ...day, verdict: 'replaced', outcome: survey.restored ? 'restored' : 'replaced' };
  return { ...day, hasFiles: survey.inputs !== 'none', ...(isMissed && { missed: true as const }) };
}

const NONE: ReadonlySet<string> = new Set();

interface ReportedRuns {
  /** Latest first. */
  readonly runs: readonly ReportRun[];
  /** Why the last one failed. */
  readonly reason?: string;
}

async function runsAndLayer(config: Config, pipeline: string, dates: readonly BusinessDate[]) {
  const found = await askTemporal(config, async (client) => ({
    runs: await reportedRuns(config, client, pipeline, dates),
    layer: await layerState(client, pipeline),
    unknown: undefined,
  }));
  if (found.unknown === undefined) return found;
  const layer = { state: 'not known', why: found.unknown, troubles: [] };
  return { runs: new Map<BusinessDate, ReportedRuns>(), layer, unknown: found.unknown };
}

/** What `ask` finds; why Temporal is not known if it does not answer. */
async function askTemporal<T>(config: Config, ask: (client: Client) => Promise<T>): Promise<T | { unknown: string }> {
  try {
    return await withClient(config, ask);
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError && thrown.code.startsWith('TEMPORAL_'))) throw thrown;
    return { unknown: thrown.what };
  }
}

async function reportedRuns(
  config: Config,
  client: Client,
  pipeline: string,
  dates: readonly BusinessDate[],
): Promise<Map<BusinessDate, ReportedRuns>> {
  const ui = temporalUi(config);
  const [from = '', to = ''] = [dates[0], dates.at(-1)];
  const byDate = new Map<BusinessDate, DayRun[]>();
  for await (const run of dayRuns(client, pipeline, { from, to })) {
    const known = byDate.get(run.date);
    if (known === undefined) byDate.set(run.date, [run]);
    else known.push(run);
  }
  const reported = new Map<BusinessDate, ReportedRuns>();
  for (const [date, listed] of byDate) {
    const runs = listed.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    const [last] = runs;
    const hasFailed = last !== undefined && remedyOf(last.outcome) !== undefined;
    reported.set(date, {
      runs: runs.map((run) => runOf(run, workflowUrl(ui, run.workflowId, run.runId))),
      ...(hasFailed && { reason: await reasonOf(client, last) }),
    });
  }
  return reported;
}

function runOf({ outcome, startedAt, closedAt, restore }: DayRun, url: string): ReportRun {
  const seconds = closedAt === undefined ? undefined : (Date.parse(closedAt) - Date.parse(startedAt)) / 1_000;
  return {
    ...{ outcome, startedAt },
    ...(seconds !== undefined && { seconds }),
    ...(restore !== undefined && { restore }),
    url,
  };
}

async function reasonOf(client: Client, { workflowId, runId }: DayRun): Promise<string> {
  try {
    await client.workflow.getHandle(workflowId, runId).result();
    return '';
  } catch (thrown) {
    return thrown instanceof WorkflowFailedError ? failureOf(workflowId, thrown).what : messageOf(thrown);
  }
}

function dayOf(
  date: BusinessDate,
  timeZone: string,
  stored: Pick<ReportDay, 'reconciled' | 'notRead'> | undefined,
  { runs, reason }: ReportedRuns = { runs: [] },
): ReportDay & { readonly date: BusinessDate } {
  const [last] = runs;
  const outcome = last?.outcome ?? (stored === undefined ? 'none' : 'replaced');
  const remedy = remedyOf(outcome);
  const unusual = unusualHours(date, timeZone);
  return {
    date,
    verdict: verdictOf(outcome),
    ...(last ?? { outcome }),
    ...(reason !== undefined && { reason }),
    ...(remedy !== undefined && { remedy }),
    runs,
    ...(Object.keys(unusual).length > 0 && { unusualHours: unusual }),
    ...stored,
  };
}

function verdictOf(outcome: string): Verdict {
  if (outcome === 'replaced' || outcome === 'restored') return 'replaced';
  const [verdict = ''] = outcome.split(':');
  const known: readonly Verdict[] = ['refused', 'failed', 'cancelled', 'running', 'none'];
  return known.find((one) => one === verdict) ?? 'failed';
}

/** A storage that does not answer must not hold the report up for long. */
const INPUT_TIMEOUT_MS = 15_000;

/** The input files of the days, compared with their builds. */
async function surveyInput(
  config: Config,
  loaded: LoadedPipeline | undefined,
  days: readonly { readonly date: BusinessDate }[],
): Promise<{ readonly surveys: ReadonlyMap<string, DaySurvey>; readonly unknown?: string }> {
  const surveys = new Map<string, DaySurvey>();
  if (days.length === 0) return { surveys };
  if (loaded === undefined) return { surveys, unknown: 'the pipeline’s folder is wrong' };
  const signal = AbortSignal.timeout(INPUT_TIMEOUT_MS);
  // The latest first: they matter most if the time is over.
  for (const { date } of days.toReversed()) {
    const found = await surveyDay(loaded, join(config.data, loaded.pipeline.name), date, { signal }).catch(
      (thrown: unknown) => (signal.aborted ? 'aborted' : asDaybreakError(thrown)),
    );
    if (found === 'aborted')
      return { surveys, unknown: `the input was not listed within ${INPUT_TIMEOUT_MS / 1_000} s` };
    if (!(found instanceof DaybreakError)) surveys.set(date, found);
    else if (!isOfOneDay(found)) return { surveys, unknown: found.what };
    else surveys.set(date, notCompared(date, found));
  }
  return { surveys };
}

/** What cannot be compared is there. Only a day that Druid serves has a manifest that must be read. */
function notCompared(date: BusinessDate, { code }: DaybreakError): DaySurvey {
  const replaced = code === 'NOT_BUILT';
  return { date, inputs: 'unbuilt', lateRows: 0, otherTransform: false, replaced, restored: false };
}

/** The days that have files and no run, although their night is over. */
async function missedDays(
  config: Config,
  settings: Pipeline,
  surveys: ReadonlyMap<string, DaySurvey>,
): Promise<ReadonlySet<string>> {
  const withFiles = [...surveys.values()].filter(({ inputs }) => inputs !== 'none');
  if (withFiles.length === 0) return NONE;
  const found = await askTemporal(config, async (client) => {
    const missed = new Set<string>();
    for (const survey of withFiles) {
      const nightly = await nightlyRunOf(client, settings, survey.date);
      const { decision } = decideLateData(
        settings.lateData,
        // A build that no run has brought to Druid is not the end of the day.
        { ...survey, inputs: 'unbuilt' },
        new Date(),
        // The report offers a backfill also of the days before the schedule begins.
        { ...nightly, begins: undefined },
      );
      if (decision === 'missed' || decision === 'build') missed.add(survey.date);
    }
    return { missed };
  });
  return 'missed' in found ? found.missed : NONE;
}
