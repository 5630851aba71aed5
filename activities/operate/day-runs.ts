import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import * as z from 'zod';
import { isBusinessDate, type BusinessDate } from '../../domain/business-date';
import { leftDayAsItWas } from '../../domain/daily-batch';
import { dateAttribute, outcomeAttribute } from '../../domain/search-attributes';

/** A run of `dailyBatch` as Temporal lists it. */
export interface DayRun {
  readonly date: BusinessDate;
  readonly workflowId: string;
  readonly runId: string;
  readonly running: boolean;
  /** 'running', 'replaced', 'refused:<code>', 'failed:<code>', 'cancelled', … */
  readonly outcome: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly closedAt?: string;
  /** Of a restore: the version that it was to bring back, as it was given; 'previous' is a name too. */
  readonly restore?: string;
}

/** See RunMemo. Whoever starts a run writes it. */
const restoreMemo = z.object({
  trigger: z.literal('restore'),
  options: z.object({ restore: z.string().regex(/^\w{1,64}$/) }),
});

/**
 * The runs of a pipeline's days, latest first, as far back as Temporal keeps closed runs. Restores that ended before
 * they changed their day are left out: they say nothing about it.
 */
export async function* dayRuns(
  client: Client,
  pipeline: string,
  { from, to }: { readonly from?: string; readonly to?: string } = {},
): AsyncGenerator<DayRun> {
  const query = [
    `WorkflowType = 'dailyBatch' AND DaybreakPipeline = '${pipeline}'`,
    ...(from === undefined ? [] : [`DaybreakDate >= '${from}'`]),
    ...(to === undefined ? [] : [`DaybreakDate <= '${to}'`]),
  ].join(' AND ');
  for await (const run of client.workflow.list({ query })) {
    const date = run.typedSearchAttributes.get(dateAttribute) ?? '';
    if (!isBusinessDate(date)) continue;
    const outcome = outcomeOf(run);
    if (leftDayAsItWas(outcome)) continue;
    const restore = restoreMemo.safeParse(run.memo).data?.options.restore;
    yield {
      date,
      workflowId: run.workflowId,
      runId: run.runId,
      running: run.status.name === 'RUNNING',
      outcome,
      startedAt: run.startTime.toISOString(),
      ...(run.closeTime !== undefined && { closedAt: run.closeTime.toISOString() }),
      ...(restore !== undefined && { restore }),
    };
  }
}

/** How a run has ended, or that it is running. */
export function outcomeOf({
  status,
  typedSearchAttributes,
}: Pick<WorkflowExecutionInfo, 'status' | 'typedSearchAttributes'>): string {
  const reported = typedSearchAttributes.get(outcomeAttribute);
  // A run that was terminated or timed out could not record how it ended.
  return reported === undefined || reported === 'running' ? endOf(status.name) : reported;
}

/** The outcome of a run, from Temporal's name of its status alone. */
function endOf(status: string): string {
  switch (status) {
    case 'RUNNING':
      return 'running';
    case 'COMPLETED':
      return 'replaced';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return `failed:${status}`;
  }
}

/** The latest run of each day. */
export async function lastRuns(
  client: Client,
  pipeline: string,
  range: { readonly from?: string; readonly to?: string } = {},
): Promise<Map<BusinessDate, DayRun>> {
  const last = new Map<BusinessDate, DayRun>();
  for await (const run of dayRuns(client, pipeline, range)) {
    const known = last.get(run.date);
    if (known === undefined || known.startedAt < run.startedAt) last.set(run.date, run);
  }
  return last;
}
