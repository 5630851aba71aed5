import { Context } from '@temporalio/activity';
import { join } from 'node:path';
import type { DayPlan } from '../../domain/daily-batch';
import { acceptInput, notSettled, type AcceptableGateCode, type GateRefusal } from '../../domain/gate';
import { inputLocationOf } from '../../domain/pipeline';
import { scratchRoot } from '../../clients/storage/local/scratch-folder';
import { parseInput } from '../../domain/parse-input';
import { listInput, withInput } from '../../engines/input/input-files';
import { pollUntilAnswered } from '../heartbeat';
import type { BatchDependencies } from './dependencies';
import { plannedDay } from './planned-day';

export interface Settled {
  /** NOT_SETTLED if the input still changes when its time is over; null if it has settled. */
  readonly refusal: GateRefusal | null;
}

export function createSettleActivities({ pipelines, data, ...clock }: BatchDependencies) {
  return {
    /**
     * Waits until no input file of the day has changed for the pipeline's settle time, at most for its settle timeout.
     * Does not wait if NOT_SETTLED is accepted. Throws NO_INPUT if there is no file.
     */
    async awaitSettledInput(
      given: DayPlan,
      options: { readonly accept: readonly AcceptableGateCode[] },
    ): Promise<Settled> {
      const { accept } = parseInput(acceptInput, options, 'awaitSettledInput');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'awaitSettledInput');
      const { pipeline } = loaded;
      const { settleSeconds, settleTimeoutSeconds } = pipeline.gate;
      const timeoutSeconds = accept.includes('NOT_SETTLED') ? 0 : settleTimeoutSeconds;
      // Counted from the first try: a worker that died does not make the wait longer.
      const deadline = Context.current().info.scheduledTimestampMs + timeoutSeconds * 1_000;
      // The content of the files is not read.
      const use = { scratch: scratchRoot(data, plan.pipeline), signal: Context.current().cancellationSignal };
      return withInput(inputLocationOf(pipeline, join(data, plan.pipeline)), use, (place) =>
        pollUntilAnswered<Settled>(async () => {
          // Files of neighbouring hours may grow without limit: rows added later are late data.
          const { own } = await listInput(place, pipeline, plan.date);
          const unchanged = Math.max(0, Date.now() - lastChange(own)) / 1_000;
          if (unchanged >= settleSeconds) return { answer: { refusal: null } };
          if (Date.now() >= deadline) return { answer: { refusal: notSettled(pipeline.gate, unchanged) } };
          const left = Math.ceil(settleSeconds - unchanged);
          return { waitingFor: `the input files to settle: one has changed, ${left} s are left` };
        }),
      );
    },
  };
}

/**
 * When the last of the files changed, in epoch milliseconds; 0 for none. The files may be too many for the arguments of
 * one call.
 */
export function lastChange(files: readonly { readonly changedAt: number }[]): number {
  return files.reduce((latest, { changedAt }) => Math.max(latest, changedAt), 0);
}
