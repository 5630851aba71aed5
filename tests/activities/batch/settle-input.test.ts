import { lastChange, settlePoll } from '../../../activities/batch/settle-input';

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
    const poll = settlePoll(gate, START + timeoutSeconds * 1_000, () => {
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
