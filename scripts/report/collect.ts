import { WorkflowFailedError, type Client } from '@temporalio/client';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { lastRuns, type DayRun } from '../../activities/operate/day-runs';
import { businessDateOf, isBusinessDate, shiftDate, type BusinessDate } from '../../domain/business-date';
import { completeCounts, describeCounts } from '../../domain/day-manifest';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { describeProof, PROOF_KINDS } from '../../domain/proof-kind';
import { describeBefore, SERVED_BEFORE } from '../../domain/reconciliation';
import { isMissing } from '../../clients/storage/local/fs-errors';
import type { Config } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { failureOf } from '../operate/workflow-failure';
import { workflowUrl } from '../../domain/workflow-url';
import { remedyOf } from '../operate/remedies';
import type { ReportData, ReportDay, Verdict } from './report-data';

const count = z.number().int();
/** The part of a run's stored result that the report shows. Older files may lack what newer versions added. */
const reconciliationSchema = z
  .object({
    hours: z.array(
      z.object({
        hour: z.string(),
        realtimeRows: count,
        realtimeDistinct: count,
        written: count,
        filtered: count.optional().default(0),
        outsideDay: count.optional().default(0),
        duplicates: count,
        unmatched: count,
        misfiled: count.optional().default(0),
        quarantined: count.optional().default(0),
        missedByRealtime: count.optional().default(0),
        druidRows: count,
        realtimeStored: count.exactOptional(),
        druidStored: count.exactOptional(),
        equal: z.boolean(),
      }),
    ),
    counts: z.looseObject({ read: count, kept: count, duplicates: count, quarantined: count, outsideDay: count }),
    checks: z
      .array(
        z.object({
          ...{ name: z.string(), where: z.string(), atMost: z.union([z.number(), z.string()]) },
          ...{ wrong: count, allowed: count },
          worstHour: z.object({ hour: z.string(), wrong: count }).exactOptional(),
        }),
      )
      .default([]),
    before: z.enum(SERVED_BEFORE).optional().default('realtime'),
    realtimeUnseen: z.string().optional(),
    isDistinctEstimated: z.boolean().optional(),
    // A version of an earlier release compared rows.
    proof: z.enum(PROOF_KINDS).default('rows'),
    version: z.string(),
    taskId: z.string(),
  })
  .transform(({ counts, proof, ...day }) => {
    const complete = completeCounts(counts, day.hours);
    const servedBefore = describeBefore(day.before, day);
    return { ...day, counts: complete, equation: describeCounts(complete), servedBefore, proof: describeProof(proof) };
  });
type Reconciliation = z.infer<typeof reconciliationSchema>;

const DEFAULT_DAYS = 42;

/** The days of the report: by default the last six weeks, up to yesterday. */
export function reportRange(
  { timeZone }: Pipeline,
  { from, to }: { readonly from?: BusinessDate; readonly to?: BusinessDate },
): BusinessDate[] {
  const last = to ?? shiftDate(businessDateOf(new Date(), timeZone), -1);
  const first = from ?? shiftDate(last, 1 - DEFAULT_DAYS);
  if (first > last) {
    throw new DaybreakError('BAD_DATE', { what: `${last} is before ${first}`, remedy: 'Give the earlier day first.' });
  }
  const dates: BusinessDate[] = [];
  for (let date = first; date <= last; date = shiftDate(date, 1)) dates.push(date);
  return dates;
}

/**
 * Puts together what the stored reconciliations and Temporal's runs say of each day. Without Temporal it uses the
 * stored reconciliations alone.
 */
export async function collectReport(
  config: Config,
  pipeline: Pipeline,
  { dates, turniloUrl }: { readonly dates: readonly BusinessDate[]; readonly turniloUrl?: string | undefined },
): Promise<ReportData> {
  const stored = await reconciliations(join(config.data, pipeline.name, 'reconciliation'), dates);
  const day = (date: BusinessDate, run?: ReportedRun): ReportDay => dayOf(config, date, stored.get(date), run);
  const known = {
    pipeline: pipeline.name,
    timeZone: pipeline.timeZone,
    generatedAt: new Date().toISOString(),
    temporalUrl: config.temporal.uiUrl,
    ...(turniloUrl !== undefined && { turniloUrl }),
  };
  try {
    const runs = await withClient(config, (client) => reportedRuns(client, pipeline.name, dates));
    return { ...known, days: dates.map((date) => day(date, runs.get(date))) };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError && thrown.code === 'TEMPORAL_UNREACHABLE')) throw thrown;
    return { ...known, withoutRuns: thrown.what, days: dates.map((date) => day(date)) };
  }
}

interface ReportedRun {
  readonly run: DayRun;
  readonly reason: string | undefined;
}

async function reportedRuns(
  client: Client,
  pipeline: string,
  dates: readonly BusinessDate[],
): Promise<Map<string, ReportedRun>> {
  const [from = '', to = ''] = [dates[0], dates.at(-1)];
  const reported = new Map<string, ReportedRun>();
  for (const [date, run] of await lastRuns(client, pipeline, { from, to })) {
    const failed = remedyOf(run.outcome) !== undefined;
    reported.set(date, { run, reason: failed ? await reasonOf(client, run) : undefined });
  }
  return reported;
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
  config: Config,
  date: BusinessDate,
  reconciled: Reconciliation | undefined,
  reported?: ReportedRun,
): ReportDay {
  const outcome = reported?.run.outcome ?? (reconciled === undefined ? 'none' : 'replaced');
  const remedy = remedyOf(outcome);
  return {
    date,
    verdict: verdictOf(outcome),
    outcome,
    ...(reported?.reason !== undefined && { reason: reported.reason }),
    ...(remedy !== undefined && { remedy }),
    ...(reported !== undefined && {
      startedAt: reported.run.startedAt,
      url: workflowUrl(config.temporal, reported.run.workflowId),
    }),
    ...(reported?.run.closedAt !== undefined && {
      seconds: (Date.parse(reported.run.closedAt) - Date.parse(reported.run.startedAt)) / 1_000,
    }),
    ...(reconciled !== undefined && { reconciled }),
  };
}

function verdictOf(outcome: string): Verdict {
  if (outcome === 'replaced' || outcome === 'restored') return 'replaced';
  const [verdict = ''] = outcome.split(':');
  const known: readonly Verdict[] = ['refused', 'failed', 'cancelled', 'running', 'none'];
  return known.find((one) => one === verdict) ?? 'failed';
}

async function reconciliations(
  folder: string,
  dates: readonly BusinessDate[],
): Promise<Map<BusinessDate, Reconciliation>> {
  const wanted = new Set<string>(dates);
  const found = new Map<BusinessDate, Reconciliation>();
  const names = await readdir(folder).catch((thrown: unknown): string[] => {
    if (isMissing(thrown)) return [];
    throw thrown;
  });
  for (const name of names) {
    const date = name.replace(/\.json$/, '');
    if (date === name || !isBusinessDate(date) || !wanted.has(date)) continue;
    found.set(date, reconciliationSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8'))));
  }
  return found;
}
