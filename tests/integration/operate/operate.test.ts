import { appendFile, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { backfillId, type BackfillResult } from '../../../domain/backfill';
import { dailyBatchId } from '../../../domain/daily-batch';
import { businessDateOf, dayInterval, shiftDate, type BusinessDate } from '../../../domain/business-date';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import type { lateDataWatch } from '../../../workflows';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();

const ZONE = 'Asia/Seoul';
const EVENTS = 240;
const yesterday = shiftDate(businessDateOf(new Date(), ZONE), -1);
const days = [-3, -2, -1, 0].map((back) => shiftDate(yesterday, back)) as [
  BusinessDate,
  BusinessDate,
  BusinessDate,
  BusinessDate,
];
const [first, , withoutFiles, last] = days;

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
const { queries } = createDruidClient(readConfig().druid);

beforeAll(async () => {
  pipeline = await ownPipeline(
    (yaml) =>
      `${yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0')}\nlateData: { minimumRows: 5, minimumHoursBetween: 6 }\n`,
  );
  for (const date of days) if (date !== withoutFiles) await feed(date);
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

function feed(date: string): Promise<string> {
  const on = `--pipeline ${pipeline.name}`;
  return succeed(
    `feed ${on} --date ${date} --events ${EVENTS} --no-kafka --duplicates 0 --bad 0`,
    pipeline.environment,
  );
}

async function served(date: BusinessDate): Promise<number> {
  const { start, end } = dayInterval(date, ZONE);
  const [row] = await queries.sql(
    `SELECT COUNT(*) AS "rows" FROM "${pipeline.topic}" WHERE __time >= TIME_PARSE(?) AND __time < TIME_PARSE(?)`,
    [start, end],
    z.object({ rows: z.number() }),
  );
  return row?.rows ?? 0;
}

const range = () => `--pipeline ${pipeline.name} --from ${first} --to ${last}`;

it('backfills a range, names the day that failed with its code, and then does only what is left', async () => {
  const { environment } = pipeline;
  const planned = await succeed(`backfill ${range()} --dry-run`, environment);
  expect(planned).toMatch(
    /^4 missing days .* would run, .*; 1 of them would be refused for NO_INPUT; nothing was started$/m,
  );
  expect(planned).toContain(`${withoutFiles}  has no input files\n`);
  expect(planned.match(/no input files/g)).toHaveLength(1);

  const ended = await daybreak(`backfill ${range()} --json`, environment);

  const result = JSON.parse(ended.stdout) as BackfillResult;
  expect(result).toMatchObject({ requested: 4, completed: 4, replaced: 3 });
  expect(result.failed).toMatchObject([{ date: withoutFiles, outcome: expect.stringContaining('NO_INPUT') as string }]);
  expect(ended.code).toBe(1);
  expect(await served(first)).toBe(EVENTS);

  const status = await daybreak(`status --pipeline ${pipeline.name}`, environment);
  expect(status.stdout).toContain(`→ ${withoutFiles}: Bring the hourly files`);
  expect(await succeed(`backfill ${range()} --only failed --dry-run`, environment)).toContain(
    `${withoutFiles}  has no input files\n1 failed`,
  );

  await feed(withoutFiles);
  const again = await succeed(`backfill ${range()}`, environment);
  expect(again).toContain('requested 1 = completed 1: 1 replaced, 0 failed');
  expect(await served(withoutFiles)).toBe(EVENTS);
  expect(await succeed(`backfill ${range()} --dry-run`, environment)).toContain('0 missing days');
});

it('runs a backfill and its days on a queue of their own, so that no night waits for them', async () => {
  const config = readConfig({ ...process.env, ...pipeline.environment });
  await withClient(config, async (client) => {
    for (const id of [backfillId(pipeline.name, first, last), dailyBatchId(pipeline.name, first)]) {
      expect((await client.workflow.getHandle(id).describe()).taskQueue).toBe('daybreak-backfill');
    }
    const day = `--pipeline ${pipeline.name} --date ${shiftDate(first, -1)}`;
    await feed(shiftDate(first, -1));
    await succeed(`batch run ${day}`, pipeline.environment);
    const run = client.workflow.getHandle(dailyBatchId(pipeline.name, shiftDate(first, -1)));
    expect((await run.describe()).taskQueue).toBe('daybreak-batch');
  });
});

/** The watch's decision about each day, or how the day's recompute ended. */
async function watch(): Promise<Record<string, string>> {
  const config = readConfig({ ...process.env, ...pipeline.environment });
  const watched = await withClient(config, (client) =>
    client.workflow.execute<typeof lateDataWatch>('lateDataWatch', {
      taskQueue: 'daybreak-batch',
      workflowId: `late-data-watch/${pipeline.name}`,
      args: [{ pipeline: pipeline.name }],
    }),
  );
  return Object.fromEntries(watched.days.map(({ date, decision, outcome }) => [date, outcome ?? decision]));
}

/** Moves the clock, as far as the watch can see: the day was last built and replaced this many hours ago. */
async function moveBack(date: string, hours: number): Promise<void> {
  const at = new Date(Date.now() - hours * 3_600_000);
  for (const path of [`output/${date}`, `output/${date}/.served`, `reconciliation/${date}.json`])
    await utimes(join(pipeline.output, '..', path), at, at);
}

it('takes late rows in, waits below the threshold, and leaves a day whose files are gone as it is', async () => {
  const { environment, input } = pipeline;
  const late = (date: string, rows: number): Promise<void> =>
    appendFile(
      join(input, `names.${date.replaceAll('-', '')}.12.json`),
      Array.from({ length: rows }, (_, id) => `{"hello":"late","id":${id + 900_000},"time":"${date} 12:00:00"}\n`).join(
        '',
      ),
    );
  await late(last, 7);
  await late(days[1], 4);
  const [gone] = (await readdir(input)).filter((name) => name.includes(first.replaceAll('-', '')));
  await rm(join(input, gone ?? ''));
  await late(first, 50);
  expect(await succeed(`backfill ${range()} --only changed --dry-run`, environment)).toContain('2 changed days');

  expect(await watch()).toMatchObject({
    [last]: 'wait',
    [days[1]]: 'wait',
    [first]: 'cannot',
    [withoutFiles]: 'leave',
  });
  expect(await served(last)).toBe(EVENTS);
  for (const date of days) await moveBack(date, 7);
  const decided = await watch();
  expect(decided).toMatchObject({ [last]: 'replaced', [days[1]]: 'wait', [first]: 'cannot', [withoutFiles]: 'leave' });
  expect(await served(last)).toBe(EVENTS + 7);
  expect(await served(first)).toBe(EVENTS);

  const { stdout } = await daybreak(`status --pipeline ${pipeline.name}`, environment);
  expect(stdout).toContain(`${days[1]} waits for a recompute: 4 late rows`);
  expect(stdout).toContain(`${first} waits for a recompute: files of its build are gone`);
});

it('writes a report with every day', async () => {
  const file = (await succeed(`report ${range()}`, pipeline.environment)).trim();
  const html = await readFile(file, 'utf8');
  for (const date of days) expect(html).toContain(`"date":"${date}","verdict":"replaced"`);
});

it('hears a schedule’s trigger', async () => {
  await succeed(`schedule apply --pipeline ${pipeline.name}`, pipeline.environment);
  await succeed(`schedule trigger --late-data --pipeline ${pipeline.name}`, pipeline.environment);
  const described = () => succeed(`schedule describe --pipeline ${pipeline.name} --json`, pipeline.environment);
  const schema = z.array(z.object({ schedule: z.string(), recent: z.array(z.string()) }));
  const ran = async () => schema.parse(JSON.parse(await described()))[1]?.recent.length ?? 0;
  await until('a run of the schedule', async () => (await ran()) > 0);
  await succeed(`schedule pause --pipeline ${pipeline.name}`, pipeline.environment);
});
