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
      // A wait for a worker, or for a slot of one, is no wait for the input.
      const since = lookedSince(Context.current().info.heartbeatDetails) ?? Date.now();
      const times = { since, deadline: since + timeoutSeconds * 1_000 };
      // The content of the files is not read.
      const use = { scratch: scratchRoot(data, plan.pipeline), signal: Context.current().cancellationSignal };
      return withInput(inputLocationOf(pipeline, join(data, plan.pipeline)), use, (place) => {
        const poll = settlePoll(pipeline.gate, times, async () => {
          // Files of neighbouring hours may grow without limit: rows added later are late data.
          const { own } = await listInput(place, pipeline, plan.date);
          return lastChange(own);
        });
        return pollUntilAnswered(() => poll(Date.now()), { first: `${waitingSince(since)}: listing them` });
      });
    },
  };
}

const waitingSince = (since: number): string => `the input files to settle since ${new Date(since).toISOString()}`;

/** When an attempt before looked first, by its heartbeats: a worker that died does not make the wait longer. */
function lookedSince(details: unknown): number | undefined {
  const [, since = ''] = (typeof details === 'string' && /^waiting for .*? since (\S+Z): /.exec(details)) || [];
  const at = Date.parse(since);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * Whether the input has settled, at a time in epoch milliseconds. `findLastChange` lists the files, which may be many
 * requests to a storage. So it is called only when the files that were seen last could have settled, or at the deadline.
 *
 * @param since when the input was looked at first, in epoch milliseconds; the next attempt reads it from the heartbeats.
 */
export function settlePoll(
  gate: SettleGate,
  { since, deadline }: { readonly since: number; readonly deadline: number },
  findLastChange: () => Promise<LastChange>,
) {
  let last: LastChange = { at: 0, file: '' };
  let nextLook = 0;
  return async (now: number): Promise<PollResult<Settled>> => {
    const isLook = now >= nextLook;
    if (isLook) {
      last = await findLastChange();
      nextLook = Math.min(last.at + gate.settleSeconds * 1_000, Math.max(deadline, now));
    }
    const unchanged = (now - last.at) / 1_000;
    if (isLook && unchanged >= gate.settleSeconds) return { answer: { refusal: null } };
    if (isLook && now >= deadline)
      return { answer: { refusal: notSettled(gate, { file: last.file, seconds: unchanged }) } };
    const left = Math.ceil(gate.settleSeconds - unchanged);
    return { waitingFor: `${waitingSince(since)}: ${last.file} has changed, ${left} s are left` };
  };
}

export interface LastChange {
  /** Epoch milliseconds; 0 for no file. */
  readonly at: number;
  readonly file: string;
}

/** The change of the file that changed last. The files may be too many for the arguments of one call. */
export function lastChange(files: readonly { readonly file: string; readonly changedAt: number }[]): LastChange {
  let last: LastChange = { at: 0, file: '' };
  for (const { file, changedAt } of files) if (changedAt > last.at) last = { at: changedAt, file };
  return last;
}
