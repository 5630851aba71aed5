import { Context } from '@temporalio/activity';
import { join } from 'node:path';
import type { DayPlan } from '../../domain/daily-batch';
import { acceptInput, notSettled, type Acceptance, type GateRefusal, type SettleGate } from '../../domain/gate';
import { inputLocationOf } from '../../domain/pipeline';
import { scratchRoot } from '../../clients/storage/local/scratch-folder';
import { parseInput } from '../../domain/parse-input';
import { listInput, withInput } from '../../engines/input/input-files';
import { pollUntilAnswered, type PollResult } from '../heartbeat';
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
    async awaitSettledInput(given: DayPlan, options: { readonly accept: readonly Acceptance[] }): Promise<Settled> {
      const { accept } = parseInput(acceptInput, options, 'awaitSettledInput');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'awaitSettledInput');
      const { pipeline } = loaded;
      const timeoutSeconds = accept.includes('NOT_SETTLED') ? 0 : pipeline.gate.settleTimeoutSeconds;
      // Counted from the first try: a worker that died does not make the wait longer.
      const deadline = Context.current().info.scheduledTimestampMs + timeoutSeconds * 1_000;
      // The content of the files is not read.
      const use = { scratch: scratchRoot(data, plan.pipeline), signal: Context.current().cancellationSignal };
      return withInput(inputLocationOf(pipeline, join(data, plan.pipeline)), use, (place) => {
        const poll = settlePoll(pipeline.gate, deadline, async () => {
          // Files of neighbouring hours may grow without limit: rows added later are late data.
          const { own } = await listInput(place, pipeline, plan.date);
          return lastChange(own);
        });
        return pollUntilAnswered(() => poll(Date.now()));
      });
    },
  };
}

/**
 * Whether the input has settled, at a time in epoch milliseconds. `findLastChange` lists the files, which may be many
 * requests to a storage. So it is called only when the files that were seen last could have settled, or at the deadline.
 */
export function settlePoll(gate: SettleGate, deadline: number, findLastChange: () => Promise<number>) {
  let changed = 0;
  let nextLook = 0;
  return async (now: number): Promise<PollResult<Settled>> => {
    const isLook = now >= nextLook;
    if (isLook) {
      changed = await findLastChange();
      nextLook = Math.min(changed + gate.settleSeconds * 1_000, Math.max(deadline, now));
    }
    const unchanged = Math.max(0, now - changed) / 1_000;
    if (isLook && unchanged >= gate.settleSeconds) return { answer: { refusal: null } };
    if (isLook && now >= deadline) return { answer: { refusal: notSettled(gate, unchanged) } };
    const left = Math.ceil(gate.settleSeconds - unchanged);
    return { waitingFor: `the input files to settle: one has changed, ${left} s are left` };
  };
}

/**
 * When the last of the files changed, in epoch milliseconds; 0 for none. The files may be too many for the arguments of
 * one call.
 */
export function lastChange(files: readonly { readonly changedAt: number }[]): number {
  return files.reduce((latest, { changedAt }) => Math.max(latest, changedAt), 0);
}
