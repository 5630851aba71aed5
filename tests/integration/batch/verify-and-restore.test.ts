import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { visibleSegments } from '../../../activities/batch/day-segments';
import { createDruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import { dailyBatchId, type DailyBatchResult } from '../../../domain/daily-batch';
import { decideLateData } from '../../../domain/late-data';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { servedRows, ZONE } from './day-rows';
import { until } from '../support/until';

useStack();
const date = parseBusinessDate('2026-03-14');
const druid = createDruidClient(readConfig().druid);

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  await mkdir(pipeline.input, { recursive: true });
  worker = await background('worker --role batch', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const batch = (command: string, on = date): ReturnType<typeof daybreak> =>
  daybreak(`batch ${command} --pipeline ${pipeline.name} --date ${on}`, pipeline.environment);
const result = async (command: string, on = date): Promise<DailyBatchResult> =>
  JSON.parse(
    await succeed(`batch ${command} --pipeline ${pipeline.name} --date ${on} --json`, pipeline.environment),
  ) as DailyBatchResult;

const line = (hello: string, id: number, hour: string, on = date): string =>
  `${JSON.stringify({ hello, id, time: `${on} ${hour}:00:00` })}\n`;
const nextWeek = new Date(Date.now() + 7 * 24 * 3_600_000);

/** Writes a day with this number of events an hour, all with the same greeting. */
async function writeDay(greeting: string, events: number, on = date): Promise<void> {
  for (let hour = 0; hour < 24; hour += 1) {
    const two = String(hour).padStart(2, '0');
    const lines = Array.from({ length: events }, (_, id) => line(greeting, id, two, on));
    await writeFile(join(pipeline.input, `names.${on.replaceAll('-', '')}.${two}.json`), lines.join(''));
  }
}

const greetings = async (): Promise<Set<string>> =>
  new Set((await servedRows(pipeline.topic, date)).map((row) => (JSON.parse(row) as string[])[3] ?? ''));

it('proves a replaced day whenever asked, and keeps its table beside the output', async () => {
  await writeDay('first', 5);
  const replaced = await result('run');
  const { code, stdout } = await batch('verify --json');
  expect(code).toBe(0);
  const proof = JSON.parse(stdout) as { version: string; hours: { druidRows: number }[] };
  expect(proof.version).toBe(replaced.version);
  expect(proof.hours.map(({ druidRows }) => druidRows)).toEqual(Array.from({ length: 24 }, () => 5));
  const stored = await readFile(join(pipeline.output, '..', 'reconciliation', `${date}.json`), 'utf8');
  expect(JSON.parse(stored)).toEqual(replaced);
});

it('brings the previous version back, and then the one before that again, with proof', async () => {
  await writeDay('second', 6);
  const second = await result('run');
  expect(await greetings()).toEqual(new Set(['second']));
  const restored = await result('restore');
  expect(restored.verdict).toBe('restored');
  expect(await greetings()).toEqual(new Set(['first']));
  expect((await batch('verify')).code).toBe(0);
  expect((await result('restore')).output).toBe(second.output);
  expect(await greetings()).toEqual(new Set(['second']));
});

it('leaves a restored day to its operator, and says so, although its files are others', async () => {
  await result('restore');
  const loaded = await loadPipelineNamed(pipeline.environment['DAYBREAK_PIPELINES']!, pipeline.name);
  const decide = async () =>
    decideLateData(loaded.pipeline.lateData, await surveyDay(loaded, join(pipeline.input, '..'), date), nextWeek);
  expect(await decide()).toMatchObject({
    decision: 'leave',
    because: expect.stringContaining('restored it') as string,
  });
  await result('run');
  expect(await greetings()).toEqual(new Set(['second']));
  await appendFile(join(pipeline.input, 'names.20260314.07.json'), line('late', 7, '07'));
  expect(await decide()).toMatchObject({ decision: 'recompute', lateRows: 1 });
  await writeDay('second', 6);
});

const lastOutcome = async (): Promise<string | undefined> => {
  const { stdout } = await daybreak(`status --pipeline ${pipeline.name} --json`, pipeline.environment);
  const { days } = JSON.parse(stdout) as { days: { date: string; outcome: string }[] };
  return days.find((day) => day.date === date)?.outcome;
};

it('refuses a version that is not kept before a run starts, and names those that are', async () => {
  const before = await lastOutcome();
  const { code, stderr } = await batch('restore --version 0123456789abcdef');
  expect(code).toBe(1);
  expect(stderr).toContain('NOT_BUILT');
  expect(stderr).toContain(`keeps no version '0123456789abcdef' of ${date}`);
  expect(stderr).toMatch(new RegExp(`batch restore --pipeline ${pipeline.name} --date ${date} --version [0-9a-f]{16}`));
  expect(await lastOutcome()).toBe(before);
});

it('leaves the day’s verdict where only the run can see that the version is not kept', async () => {
  const before = await lastOutcome();
  expect(before).toMatch(/^re(placed|stored)$/);
  const elsewhere = { ...pipeline.environment, DAYBREAK_DATA: join(pipeline.folder, 'no-data-here') };
  const restore = `batch restore --version 0123456789abcdef --pipeline ${pipeline.name} --date ${date}`;
  const { code, stderr } = await daybreak(restore, elsewhere);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_BUILT') as string });
  await withClient(readConfig(), async (client) => {
    const refused = `WorkflowId = '${dailyBatchId(pipeline.name, date)}' AND DaybreakOutcome = 'not-restored:NOT_BUILT'`;
    await until('the run in the list', async () => (await client.workflow.count(refused)).count > 0);
  });
  expect(await lastOutcome()).toBe(before);
});

it('names the first hour that differs from what was published', async () => {
  const output = join(pipeline.output, date, '07.ndjson');
  const rows = await readFile(output, 'utf8');
  await rm(output);
  await writeFile(output, rows.replace('second', 'another'));
  const { code, stderr } = await batch('verify');
  expect(code).toBe(1);
  expect(stderr).toContain('PROOF_FAILED');
  expect(stderr).toContain(`in hour 07 of ${date} Druid serves 6 rows`);
  await writeFile(output, rows);
});

it('fails with Druid’s reason on rows that it cannot read, and changes nothing', async () => {
  await writeDay('third', 6);
  await result('run');
  const versions = join(pipeline.output, '.versions', date);
  const kept = basename((await result('restore')).output);
  await result('restore');
  const broken = join(versions, kept, '09.ndjson');
  await writeFile(broken, (await readFile(broken, 'utf8')).replace('"user_id"', 'user_id'));
  const { code, stderr } = await batch(`restore --version ${kept}`);
  expect(code).toBe(1);
  expect(stderr).toContain('DRUID_BAD_ROWS');
  expect(stderr).toContain('the first bad row');
  expect(await greetings()).toEqual(new Set(['third']));
  await result('run');
});

it('empties a day that is accepted as empty', async () => {
  await writeDay('fourth', 0);
  expect((await batch('run')).stderr).toContain('EMPTY_DAY');
  expect(await greetings()).toEqual(new Set(['third']));
  const emptied = await result('run --accept EMPTY_DAY BATCH_SHORT');
  expect(emptied.accepted.map(({ code }) => code)).toEqual(['EMPTY_DAY', 'BATCH_SHORT']);
  expect(await servedRows(pipeline.topic, date)).toEqual([]);
  const verified = await batch('verify');
  expect(verified.code === 0 ? '' : verified.stderr).toBe('');
  const visible = await visibleSegments(druid, { datasource: pipeline.topic, interval: dayInterval(date, ZONE) });
  expect(visible).toMatchObject([{ rows: 0, realtime: false }]);
});

it('proves a day that is accepted as empty where Druid had nothing of it, and loads and empties it later', async () => {
  const never = parseBusinessDate('2026-03-12');
  const served = (): ReturnType<typeof visibleSegments> =>
    visibleSegments(druid, { datasource: pipeline.topic, interval: dayInterval(never, ZONE) });
  await writeDay('none', 0, never);
  const emptied = await result('run --accept EMPTY_DAY', never);
  expect(emptied).toMatchObject({ verdict: 'replaced', before: 'nothing', segments: 0, version: '' });
  expect(emptied.accepted.map(({ code }) => code)).toEqual(['EMPTY_DAY']);
  expect(emptied.hours.every(({ druidRows, equal }) => druidRows === 0 && equal)).toBe(true);
  expect(await served()).toEqual([]);
  const verified = await batch('verify', never);
  expect(verified.code === 0 ? '' : verified.stderr).toBe('');
  expect(verified.stdout).toContain('in every hour: the day has none, and no segment');
  // No backfill takes it for a missing day.
  const loaded = await loadPipelineNamed(pipeline.environment['DAYBREAK_PIPELINES']!, pipeline.name);
  expect(await surveyDay(loaded, join(pipeline.input, '..'), never)).toMatchObject({ replaced: true, lateRows: 0 });

  await writeDay('late', 1, never);
  expect(await result('run', never)).toMatchObject({ before: 'nothing', segments: 1 });
  expect((await servedRows(pipeline.topic, never)).length).toBe(24);
  // Now there is a segment, so that Druid makes a tombstone.
  expect(await result('restore', never)).toMatchObject({ verdict: 'restored', before: 'batch', segments: 1 });
  expect(await served()).toMatchObject([{ rows: 0, realtime: false }]);
  expect((await batch('verify', never)).code).toBe(0);
});

it('cannot prove a day of which nothing is published', async () => {
  const { code, stderr } = await daybreak(
    `batch verify --pipeline ${pipeline.name} --date 2026-03-13`,
    pipeline.environment,
  );
  expect(code).toBe(1);
  expect(stderr).toContain('NOT_BUILT');
});
