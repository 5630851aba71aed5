import { MockActivityEnvironment } from '@temporalio/testing';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createBuildActivities } from '../../../activities/batch/build-day';
import { outputPlaceIn } from '../../../activities/batch/built-day';
import { createDruidClient } from '../../../clients/druid';
import { dayPlan, type BuiltDay } from '../../../domain/daily-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { withOutput } from '../../../engines/versions/open-output';
import { DAY, event, lines, scratchFolder, writeFiles } from '../../engines/scratch';

const root = scratchFolder();
let data: string;
let count = 0;

const file = (hour: string): string => `names.20261121.${hour}.json`;
const path = (name: string): string => join(data, 'events', 'input', name);
/** Of the hour 07, too. */
const SECOND = 'names.20261121.07_1.json';
const linesOf = (hour: string): string => lines(event(Number(hour), `2026-11-21 ${hour}:00:00`));

beforeEach(async () => {
  data = join(root, String((count += 1)));
  const names = ['06', '07', '08'].map((hour): [string, string] => [file(hour), linesOf(hour)]);
  await writeFiles(join(data, 'events', 'input'), {
    ...Object.fromEntries(names),
    [SECOND]: lines(event(70, '2026-11-21 07:00:01')),
    'names.20261121.08_1.json.bz2': 'BZh91AY&SY',
    'names.20261122.00.json': lines(event(9, '2026-11-21 23:59:59')),
  });
});

const pipelineOf = async () => (await loadPipeline('pipelines/events')).pipeline;

async function build(): Promise<BuiltDay> {
  const activities = createBuildActivities({
    druid: createDruidClient({ coordinatorUrl: 'http://127.0.0.1:1', brokerUrl: 'http://127.0.0.1:1' }),
    ...{ kafkaOfDruid: { brokers: [] }, pipelines: 'pipelines', data },
    inputSource: () => ({}) as never,
  });
  const plan = dayPlan(await pipelineOf(), DAY);
  const built: unknown = await new MockActivityEnvironment().run(() => activities.buildDay(plan, { force: false }));
  return built as BuiltDay; // The return value of buildDay.
}

/** Records that Druid serves the built day. */
async function serve({ folder }: BuiltDay): Promise<void> {
  const place = await outputPlaceIn(data, await pipelineOf());
  await withOutput(place, DAY, (output) => output.markServed(basename(folder), { task: 'a task', isRestored: false }));
}

it('names the files that are gone since the version that Druid serves, in each build until that is another one', async () => {
  await serve(await build());
  await rm(path(SECOND));
  const gone = { count: 1, names: [SECOND] };
  expect((await build()).gone).toEqual(gone);
  await writeFile(path(file('06')), lines(event(60, '2026-11-21 06:00:00')));
  const last = await build();
  expect(last.gone).toEqual(gone);
  await serve(last);
  expect((await build()).gone).toBeUndefined();
});

it('names none of an hour that is missing, for which the gate refuses the day anyway', async () => {
  await serve(await build());
  await rm(path(file('07')));
  await rm(path(SECOND));
  const last = await build();
  expect(last.missingHours).toContain('07');
  expect(last.gone).toBeUndefined();
});

it('names those of a neighbouring hour that had records of the day', async () => {
  await serve(await build());
  await rm(path('names.20261122.00.json'));
  expect((await build()).gone).toEqual({ count: 1, names: ['names.20261122.00.json'] });
});

it('names none of a day that was built and never replaced', async () => {
  await build();
  await rm(path(SECOND));
  expect((await build()).gone).toBeUndefined();
});

it('names none that was edited, compressed, or never read', async () => {
  await serve(await build());
  await writeFile(path(file('06')), '');
  await writeFile(path(`${file('07')}.gz`), gzipSync(linesOf('07')));
  await rm(path(file('07')));
  await writeFile(path('names.20261122.00.json'), '');
  await rm(path('names.20261121.08_1.json.bz2'));
  expect((await build()).gone).toBeUndefined();
  await rename(path(file('08')), path('names.20261121.08_2.json'));
  expect((await build()).gone).toEqual({ count: 1, names: [file('08')] });
});
