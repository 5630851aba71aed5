import { ApplicationFailure } from '@temporalio/common';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { retryable, runnablePipeline } from '../../../activities/speed/runnable-pipeline';
import { DaybreakError, type ErrorCode } from '../../../domain/errors';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const folders = { pipelines: join(root, 'pipelines'), data: join(root, 'data'), logger };

beforeAll(() => cp('pipelines/events', join(folders.pipelines, 'events'), { recursive: true }));

it('fails so that Temporal tries again while a folder that never passed is wrong: somebody may correct it', async () => {
  const file = join(folders.pipelines, 'events', 'transform.sql');
  await writeFile(file, 'SELECT nothing FROM events');
  for (const [name, type] of [
    ['events', 'BAD_TRANSFORM'],
    ['absent', 'UNKNOWN_PIPELINE'],
  ] as const) {
    const thrown: unknown = await runnablePipeline(folders, name).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(ApplicationFailure);
    expect(thrown).toMatchObject({ type, nonRetryable: false });
  }
  await cp('pipelines/events', join(folders.pipelines, 'events'), { recursive: true });
  expect((await runnablePipeline(folders, 'events')).pipeline.name).toBe('events');
});

it('has Temporal try a transform that multiplies rows again, and nothing that no folder is to blame for', async () => {
  const failing = (code: ErrorCode) => Promise.reject(new DaybreakError(code, { what: 'it', remedy: 'Mend it.' }));
  await expect(retryable(failing('MULTIPLIED_ROWS'))).rejects.toMatchObject({
    type: 'MULTIPLIED_ROWS',
    message: 'it. Mend it.',
    nonRetryable: false,
  });
  await expect(retryable(failing('KAFKA_REFUSED'))).rejects.toBeInstanceOf(DaybreakError);
});

it('fails for good where the name is none', async () => {
  await expect(runnablePipeline(folders, '../events')).rejects.toMatchObject({ code: 'UNKNOWN_PIPELINE' });
});
