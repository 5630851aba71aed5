import { MockActivityEnvironment } from '@temporalio/testing';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareDay } from '../../../activities/batch/compare-day';
import { createRestoreActivities } from '../../../activities/batch/kept-version';
import type { DruidClient } from '../../../clients/druid';
import { dayPlan } from '../../../domain/daily-batch';
import { runDayBuild } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import { readSettings } from '../../../engines/pipeline/read-pipeline';
import { withOutput } from '../../../engines/versions/open-output';
import { wrongRows } from '../../../scripts/operate/wrong-rows';
import { readConfig } from '../../../worker/config';
import { DAY, event, lines, pipelineLike, publishedIn, scratchFolder, writeFiles } from '../../engines/scratch';

const root = scratchFolder();
const pipelines = join(root, 'pipelines');
const output = join(root, 'events', 'output');
let version: string;

const CHECKED = (yaml: string): string =>
  `${yaml}\nchecks:\n  - { name: named, where: "user_name IS NULL", atMost: 0 }\n`;

beforeAll(async () => {
  const input = join(root, 'input');
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1), event(2)) });
  const loaded = await loadPipeline(await pipelineLike('events', pipelines));
  await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
  version = (await publishedIn(output))?.version ?? '';
});

type Edit = (text: string) => string;
const sql = (from: string, to: string): Record<string, Edit> => ({
  'transform.sql': (text) => text.replace(from, to),
  'pipeline.yaml': CHECKED,
});
const yaml = (edit: Edit, more: Record<string, Edit> = {}): Record<string, Edit> => ({
  'pipeline.yaml': (text) => CHECKED(edit(text)),
  ...more,
});

/** A Druid that must not be asked: the rows of the batch decide. */
const NO_DRUID = {} as unknown as DruidClient;

const restore = async (): Promise<unknown> => {
  const activities = createRestoreActivities({ data: root, pipelines } as never); // It needs no more.
  const pipeline = await readSettings(join(pipelines, 'events'));
  return new MockActivityEnvironment().run(() => activities.chooseVersion(dayPlan(pipeline, DAY), version));
};
const prove = async (): Promise<unknown> => {
  const loaded = await loadPipeline(join(pipelines, 'events'));
  return withOutput({ location: output }, DAY, (day) =>
    compareDay(NO_DRUID, dayPlan(loaded.pipeline, DAY), { output: day, version, hours: [] }, loaded, { scratch: root }),
  );
};
const rows = (): Promise<unknown> =>
  wrongRows(readConfig({ DAYBREAK_DATA: root, DAYBREAK_PIPELINES: pipelines }), {
    ...{ pipeline: 'events', date: DAY, check: 'named', limit: 1 },
  });

const REFUSED = (difference: RegExp): object => ({
  code: 'UNREADABLE_VERSION',
  what: expect.stringMatching(difference) as string,
  remedy: expect.stringMatching(/npx daybreak batch run --pipeline events --date 2026-11-21\. To keep/) as string,
});

describe('a version of an earlier pipeline is refused by name', () => {
  it.each<[string, Record<string, Edit>, RegExp]>([
    ['a number that was text', sql('e.hello', 'length(e.hello) AS hello'), /has hello as VARCHAR, .* as BIGINT/],
    ['text that was a number', sql('e.id AS user_id', "concat('u', e.id) AS user_id"), /user_id as BIGINT, .* VARCHAR/],
    ['a list that was one value', sql('e.hello', '[e.hello] AS hello'), /hello as VARCHAR, .* as VARCHAR\[\]/],
    ['a double that was a number', sql('e.id AS user_id', 'e.id / 2 AS user_id'), /user_id as BIGINT, .* DOUBLE/],
    [
      'another zone',
      yaml((text) => text.replace('Asia/Seoul', 'Europe/Paris')),
      /times of Asia\/Seoul, .* Europe\/Paris/,
    ],
    [
      'another format of time',
      yaml((text) => text.replace('yyyy-MM-dd HH:mm:ss', 'iso'), { 'transform.sql': (text) => text }),
      /format yyyy-MM-dd HH:mm:ss, .* iso/,
    ],
    [
      'another column of time',
      yaml((text) => text.replace(/^( *)datasource: .*$/m, '$&\n$1timeColumn: at'), {
        'transform.sql': (text) => text.replace('e.time', 'e.time AS at'),
      }),
      /its times in time, .* at/,
    ],
  ])('%s', async (_, edits, difference) => {
    await pipelineLike('events', pipelines, edits);
    for (const read of [restore, prove, rows]) await expect(read()).rejects.toMatchObject(REFUSED(difference));
  });
});

it('is not brought back without one of its columns, and is otherwise read without it', async () => {
  await pipelineLike('events', pipelines, sql('e.hello,', ''));
  await expect(restore()).rejects.toMatchObject(REFUSED(/has the column hello, which the pipeline no longer has/));
  expect(await rows()).toEqual([]);
});

it('is brought back without a column that the pipeline has got since', async () => {
  await pipelineLike('events', pipelines, sql('e.hello', 'e.hello, upper(e.hello) AS loud'));
  expect(await restore()).toBe(version);
});

it('is brought back and read although a table is missing, since no row of it is needed', async () => {
  await rm(join(await pipelineLike('events', pipelines, { 'pipeline.yaml': CHECKED }), 'names.ndjson'));
  expect(await restore()).toBe(version);
  expect(await rows()).toEqual([]);
});

it('of a release that did not record its columns is refused for a value that is not of its column', async () => {
  await pipelineLike('events', pipelines, sql('e.hello', 'length(e.hello) AS hello'));
  const state = join(output, '.versions', DAY, version, '.build-state.json');
  const text = await readFile(state, 'utf8');
  await writeFile(state, JSON.stringify({ ...(JSON.parse(text) as object), form: undefined }));
  try {
    await expect(rows()).rejects.toMatchObject(REFUSED(/cannot be read: .*ssm-seoul/));
  } finally {
    await writeFile(state, text);
  }
});
