import { readConfig } from '../../worker/config';
import { tuning } from '../../worker/tuning';

const tuned = (environment: NodeJS.ProcessEnv) => {
  const { worker } = readConfig(environment);
  return { batch: tuning('batch', worker), backfill: tuning('backfill', worker), speed: tuning('speed', worker) };
};

it('takes a fixed small number at once by default', () => {
  const { batch, backfill, speed } = tuned({});
  expect(batch).toMatchObject({ maxConcurrentActivityTaskExecutions: 8 });
  expect(backfill).toMatchObject({ maxConcurrentActivityTaskExecutions: 4 });
  expect(speed).toMatchObject({ maxConcurrentActivityTaskExecutions: 64 });
  expect(batch.tuner).toBeUndefined();
});

it('takes as much as memory and processors allow where it is told so, and no more than its slots', () => {
  const { batch } = tuned({ DAYBREAK_WORKER_TUNER: 'resources', DAYBREAK_BATCH_SLOTS: '20' });
  expect(batch.maxConcurrentActivityTaskExecutions).toBeUndefined();
  expect(batch.tuner).toMatchObject({
    tunerOptions: { targetMemoryUsage: 0.8 },
    activityTaskSlotOptions: { minimumSlots: 4, maximumSlots: 20 },
  });
});

it.each([
  ['DAYBREAK_BATCH_SLOTS', '1'],
  ['DAYBREAK_SPEED_SLOTS', 'many'],
  ['DAYBREAK_WORKER_TUNER', 'automatic'],
])('does not take %s=%s', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    `BAD_CONFIGURATION: the environment variable ${name} is '${value}'`,
  );
});
