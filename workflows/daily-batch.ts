import {
  ActivityFailure,
  ApplicationFailure,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { BatchActivities } from '../activities';
import type {
  BuiltDay,
  DailyBatchInput,
  DailyBatchResult,
  DailyBatchStep,
  DayProof,
  GateReport,
} from '../domain/daily-batch';
import { reconciliationMarkdown, type ReconciledHour } from '../domain/reconciliation';
import { dateAttribute, outcomeAttribute, pipelineAttribute } from '../domain/search-attributes';

/** Which step a run is at. */
export const stepQuery = defineQuery<DailyBatchStep>('step');

// Short looks and writes: a minute is ample, and Druid or Kafka may be away for a while.
const { planDay, checkGate, storeReconciliation } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 20 },
});

// Long work that beats its heart: a dead worker is noticed within the heartbeat's time-out, whatever the day's size.
const { awaitSettledInput, buildDay, sealDay, reindexDay, proveDay } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '2 seconds', maximumInterval: '1 minute', maximumAttempts: 20 },
});

/**
 * One day: settle → build → gate → seal → rebuild what changed meanwhile → reindex → prove → reconcile.
 * Until the seal nothing that serves the day is touched. Fails with the code of what refused or failed as its type.
 */
export async function dailyBatch(input: DailyBatchInput): Promise<DailyBatchResult> {
  let step: DailyBatchStep = 'plan';
  setHandler(stepQuery, () => step);
  const enter = (next: DailyBatchStep, doing: string): void => {
    step = next;
    setCurrentDetails(`**${next}** — ${doing}`);
  };
  upsertSearchAttributes([
    { key: pipelineAttribute, value: input.pipeline },
    { key: dateAttribute, value: input.date },
    { key: outcomeAttribute, value: 'running' },
  ]);

  try {
    const plan = await planDay(input);

    enter('settle', 'waiting until the input files no longer change');
    await awaitSettledInput(plan);

    enter('build', 'reading, deduplicating and joining the hourly files');
    const first = await buildDay(plan, { force: input.force ?? false });

    enter('gate', 'comparing the batch with what realtime serves');
    const gate = await checkGate(plan, first, { accept: input.accept ?? [] });
    if (gate.refusals.length > 0) throw refused(gate);

    enter('seal', 'closing the day to realtime and waiting for its tasks to hand off');
    const { sealedUntil } = await sealDay(plan);

    enter('rebuild', 'taking in files that changed since the build');
    const built = await buildDay(plan, { force: false });

    enter('reindex', 'Druid is loading the batch’s rows');
    const reindexed = await reindexDay(plan, built);

    enter('prove', 'comparing Druid’s rows with the batch’s');
    const proof = await proveDay(plan, built, reindexed);

    enter('reconcile', 'storing the day’s table');
    const result: DailyBatchResult = {
      pipeline: plan.pipeline,
      date: plan.date,
      verdict: 'replaced',
      counts: built.counts,
      accepted: gate.accepted,
      missingHours: built.missingHours,
      sealedUntil,
      taskId: proof.taskId,
      version: proof.version,
      segments: proof.segments,
      hours: reconcile(gate, built, proof),
    };
    await storeReconciliation(result);
    setCurrentDetails(`**replaced** — ${summary(result)}\n\n${reconciliationMarkdown(result.hours)}`);
    upsertSearchAttributes([{ key: outcomeAttribute, value: 'replaced' }]);
    return result;
  } catch (thrown) {
    const outcome = isCancellation(thrown) ? 'cancelled' : outcomeOf(thrown);
    setCurrentDetails(`**${outcome}** at step ${step} — ${reasonOf(thrown)}`);
    upsertSearchAttributes([{ key: outcomeAttribute, value: outcome }]);
    throw thrown;
  }
}

function refused({ refusals }: GateReport): ApplicationFailure {
  return ApplicationFailure.create({
    type: `GATE_${refusals[0]?.code ?? ''}`,
    message: `The day was not replaced, realtime still serves it: ${refusals.map(({ code, reason }) => `${code}: ${reason}`).join(' ')}`,
    nonRetryable: true,
    details: [...refusals],
  });
}

function reconcile(gate: GateReport, built: BuiltDay, proof: DayProof): ReconciledHour[] {
  const realtime = new Map(gate.realtime.map((hour) => [hour.hour, hour]));
  const proven = new Map(proof.hours.map((hour) => [hour.hour, hour]));
  return built.hours.map(({ hour, written, duplicates, unmatched, misfiled }) => {
    const after = proven.get(hour);
    return {
      hour,
      realtimeRows: realtime.get(hour)?.rows ?? 0,
      realtimeDistinct: realtime.get(hour)?.distinct ?? 0,
      written,
      duplicates,
      unmatched,
      misfiled,
      druidRows: after?.druidRows ?? 0,
      equal: after !== undefined && after.batchRows === after.druidRows && after.batchChecksum === after.druidChecksum,
    };
  });
}

function summary({ counts, segments, version, taskId }: DailyBatchResult): string {
  return (
    `read ${counts.read} = kept ${counts.kept} + duplicates ${counts.duplicates} + quarantined ${counts.quarantined} + ` +
    `outside the day ${counts.outsideDay}; ${segments} segment(s) of version ${version}, task ${taskId}`
  );
}

/** The closed code of a failure: the type of the innermost application failure. */
function outcomeOf(thrown: unknown): string {
  const cause = thrown instanceof ActivityFailure ? thrown.cause : thrown;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return type?.startsWith('GATE_') ? `refused:${type.slice('GATE_'.length)}` : `failed:${type ?? 'UNKNOWN'}`;
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof ActivityFailure ? thrown.cause : thrown;
  return cause instanceof Error ? cause.message : String(cause);
}
