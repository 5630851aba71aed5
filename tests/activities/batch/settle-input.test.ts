import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSettleActivities, lastChange, settlePoll, type Settled } from '../../../activities/batch/settle-input';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan } from '../../../domain/daily-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { DAY, pipelineLike, scratchFolder } from '../../engines/scratch';

it('finds the last change of a day of 130,000 files', () => {
  const files = Array.from({ length: 130_000 }, (_, index) => ({
    file: String(index),
    changedAt: (index * 7919) % 130_000,
  }));
  expect(lastChange(files).at).toBe(129_999);
  expect(lastChange(files.slice(0, 2))).toEqual({ at: 7919, file: '1' });
  expect(lastChange([]).at).toBe(0);
});

describe('waiting for the input to settle', () => {
  const gate = { settleSeconds: 60, settleTimeoutSeconds: 600 };
  const START = Date.UTC(2026, 10, 21);

  /** Polls once a second. The files changed last at these times, in seconds after the start. */
  async function pollSecondly(changes: readonly number[], timeoutSeconds = gate.settleTimeoutSeconds) {
    const listed: number[] = [];
    let now = START;
    const poll = settlePoll(gate, { since: START, deadline: START + timeoutSeconds * 1_000 }, () => {
      listed.push((now - START) / 1_000);
      const at = Math.max(...changes.filter((change) => START + change * 1_000 <= now));
      return Promise.resolve({ at: START + 1_000 * at, file: 'a.json' });
    });
    for (; ; now += 1_000) {
      const polled = await poll(now);
      if ('answer' in polled) return { seconds: (now - START) / 1_000, refusal: polled.answer.refusal?.code, listed };
    }
  }

  it.each([
    ['no file has changed for long', [-3600], { seconds: 0, listed: [0] }],
    ['a file has just changed', [0], { seconds: 60, listed: [0, 60] }],
    ['a file changes again', [-50, 5, 20], { seconds: 80, listed: [0, 10, 65, 80] }],
  ])('lists them only when they could have settled, where %s', async (_, changes, expected) => {
    expect(await pollSecondly(changes)).toEqual({ ...expected, refusal: undefined });
  });

  it('lists them a last time at the deadline', async () => {
    const always = Array.from({ length: 100 }, (_, index) => index * 40);
    expect(await pollSecondly(always, 100)).toMatchObject({
      seconds: 100,
      refusal: 'NOT_SETTLED',
      listed: [0, 60, 100],
    });
    expect(await pollSecondly([0], 0)).toMatchObject({ seconds: 0, refusal: 'NOT_SETTLED', listed: [0] });
  });
});

describe('the wait for input that changes', () => {
  const data = scratchFolder();
  const HOURS = 2 * 3_600_000;

  /**
   * An attempt of a run that was scheduled two hours ago, with a file that does not settle. Somebody cancels the run as soon
   * as the attempt has said since when it waits.
   */
  async function settle(heartbeatDetails?: unknown): Promise<string | undefined> {
    const pipelines = join(data, 'pipelines');
    const { pipeline } = await loadPipeline(await pipelineLike('events', pipelines, {}));
    const input = join(data, 'events', 'input');
    await mkdir(input, { recursive: true });
    await writeFile(join(input, 'names.20261121.07.json'), '');
    const later = new Date(Date.now() + HOURS);
    await utimes(join(input, 'names.20261121.07.json'), later, later);
    const activities = createSettleActivities({
      ...{ druid: createDruidClient({ coordinatorUrl: 'http://127.0.0.1:1', brokerUrl: 'http://127.0.0.1:1' }) },
      ...{ kafkaOfDruid: { brokers: [] }, pipelines, data },
      inputSource: () => ({ type: 'local', files: [] }),
    });
    const scheduled = Date.now() - HOURS;
    const info = { scheduledTimestampMs: scheduled, currentAttemptScheduledTimestampMs: scheduled, heartbeatDetails };
    const environment = new MockActivityEnvironment(info);
    let said: string | undefined;
    environment.on('heartbeat', (details) => {
      if (!String(details).includes(' since ')) return;
      said = String(details);
      environment.cancel();
    });
    const plan = dayPlan(pipeline, parseBusinessDate(DAY));
    try {
      const { refusal }: Settled = await environment.run(() => activities.awaitSettledInput(plan, { accept: [] }));
      return refusal?.code;
    } catch (thrown) {
      if (!(thrown instanceof CancelledFailure)) throw thrown;
      return said;
    }
  }

  it('begins with the first look at it, however long the run waited for a worker', async () => {
    const began = Date.now();
    const [, since = ''] = / since (\S+): /.exec(String(await settle())) ?? [];
    expect(Date.parse(since)).toBeGreaterThanOrEqual(began);
  });

  it('is not longer because a worker died: the next attempt counts from the first look, too', async () => {
    const said = String(await settle());
    expect(await settle(said)).toMatch(said.replace(/: .*/, ''));
    const long = new Date(Date.now() - HOURS).toISOString();
    expect(await settle(said.replace(/ since (\S+): /, ` since ${long}: `))).toBe('NOT_SETTLED');
  });
});
