import { eachHour } from '../../../activities/batch/hours-at-once';

const HOURS = Array.from({ length: 12 }, (_, hour) => String(hour));

it('runs some hours at a time, and gives their results in the order of the hours', async () => {
  const told: string[] = [];
  let [running, most] = [0, 0];
  const report = (done: string): void => {
    told.push(done);
  };
  const results = await eachHour(HOURS, { report }, async (hour) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return Number(hour);
  });
  expect([...results]).toEqual(HOURS.map((hour) => [hour, Number(hour)]));
  expect(most).toBe(4);
  expect(told).toHaveLength(12);
  expect(told.at(-1)).toBe('12 of 12 hours');
});

it('begins no other hour after a failure, and waits for those that have begun', async () => {
  const begun: string[] = [];
  const over: string[] = [];
  const failing = eachHour(HOURS, {}, async (hour) => {
    begun.push(hour);
    if (hour === '1') throw new Error('a failure');
    await new Promise((resolve) => setImmediate(resolve));
    over.push(hour);
  });
  await expect(failing).rejects.toThrow('a failure');
  expect(begun.length).toBeLessThan(HOURS.length);
  expect(over).toEqual(begun.filter((hour) => hour !== '1'));
});

it('ends between two hours when it is cancelled', async () => {
  const stop = new AbortController();
  const begun: string[] = [];
  const cancelled = eachHour(HOURS, { signal: stop.signal }, (hour) => {
    begun.push(hour);
    stop.abort(new Error('cancelled'));
    return Promise.resolve();
  });
  await expect(cancelled).rejects.toThrow('cancelled');
  expect(begun).toHaveLength(1);
});
