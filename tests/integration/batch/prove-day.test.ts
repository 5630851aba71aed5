import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedPath } from '../../../activities/batch/input-source';
import { createProofActivities } from '../../../activities/batch/prove-day';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay } from '../../../domain/daily-batch';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { ownPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';

useStack();

it('gives up, and says what is missing and what to do, where Druid does not serve the day in time', async () => {
  const pipeline = await ownPipeline((yaml) =>
    yaml.replace(/^( +)(datasource: .*)$/m, '$1$2\n$1servedWithinSeconds: 2'),
  );
  try {
    const config = readConfig();
    const pipelines = pipeline.environment['DAYBREAK_PIPELINES']!;
    const activities = createProofActivities({
      druid: createDruidClient(config.druid),
      kafkaOfDruid: config.druid.kafka,
      pipelines,
      data: pipeline.environment['DAYBREAK_DATA']!,
      inputSource: sharedPath,
    });
    const loaded = await loadPipelineNamed(pipelines, pipeline.name);
    const plan = dayPlan(loaded.pipeline, parseBusinessDate('2026-03-14'));
    // A day that no task has loaded.
    const folder = join(pipeline.output, '.versions', plan.date, '0123456789abcdef');
    await mkdir(folder, { recursive: true });
    const counts = { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 };
    const hours = [
      {
        ...{ hour: '07', written: 1, duplicates: 0, unmatched: 0, misfiled: 0 },
        ...{ file: '07.ndjson', bytes: 80, sha256: 'a' },
      },
    ];
    await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
    const built: BuiltDay = { folder, counts, missingHours: [], hours, sources: {} };
    const reindexed = { taskId: 'the_task', createdTime: new Date().toISOString() };
    const proof = new MockActivityEnvironment().run(() => activities.proveDay(plan, built, reindexed));
    await expect(proof).rejects.toMatchObject({
      code: 'NOT_SERVED',
      what: `Druid's task the_task replaced 2026-03-14 of ${pipeline.topic}, but the proof waited 2 s for the first segment of the day in vain`,
      remedy: expect.stringContaining('historicals') as string,
    });
  } finally {
    await pipeline.remove();
  }
});
