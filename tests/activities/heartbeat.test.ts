import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pollUntilAnswered, withHeartbeats, type PollResult } from '../../activities/heartbeat';

let environment: MockActivityEnvironment;
let heartbeats: unknown[];
beforeEach(() => {
  heartbeats = [];
  environment = new MockActivityEnvironment();
  environment.on('heartbeat', (details) => heartbeats.push(details));
});

const after = <T>(milliseconds: number, value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, value));

describe('withHeartbeats', () => {
  it('sends one a second while the work goes on, and none after it', async () => {
    await environment.run(() => withHeartbeats('reading', () => after(2_500, 'done')));
    const sent = heartbeats.length;
    expect(sent).toBeGreaterThan(0);
    expect(new Set(heartbeats)).toEqual(new Set(['reading']));
    await after(1_500, undefined);
    expect(heartbeats).toHaveLength(sent);
  });

  it('asks for the details each time, and sends none after a failure either', async () => {
    let count = 0;
    const failed = environment.run(() =>
      withHeartbeats(
        () => ++count,
        () => after(2_500, '').then(() => Promise.reject(new Error('broken'))),
      ),
    );
    await expect(failed).rejects.toThrow('broken');
    expect(heartbeats).toEqual(Array.from({ length: heartbeats.length }, (_, index) => index + 1));
    await after(1_500, undefined);
    expect(heartbeats).toHaveLength(count);
  });
});

describe('pollUntilAnswered', () => {
  const waiting: PollResult<string> = { waitingFor: 'tasks to end' };

  it('polls until there is an answer', async () => {
    const results = [waiting, waiting, { answer: 'ended' }];
    const poll = (): Promise<PollResult<string>> => Promise.resolve(results.shift() ?? waiting);
    expect(await environment.run(() => pollUntilAnswered(poll, { everyMilliseconds: 10 }))).toBe('ended');
    expect(results).toEqual([]);
  });

  it('says in its heartbeats what it waits for, and nothing before the first result', async () => {
    const results = [after(1_500, waiting), after(2_500, waiting)];
    const poll = (): Promise<PollResult<string>> => results.shift() ?? Promise.resolve({ answer: 'ended' });
    await environment.run(() => pollUntilAnswered(poll, { everyMilliseconds: 1_500 }));
    expect(heartbeats[0]).toBeUndefined();
    expect(heartbeats.at(-1)).toBe('waiting for tasks to end');
  });

  it('ends with a cancellation', async () => {
    const ended = environment.run(() =>
      pollUntilAnswered(() => Promise.resolve(waiting), { everyMilliseconds: 60_000 }),
    );
    setTimeout(() => {
      environment.cancel();
    }, 50);
    await expect(ended).rejects.toBeInstanceOf(CancelledFailure);
  });
});
