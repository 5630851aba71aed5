import axios from 'axios';
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { businessDateOf, dayInterval, hoursOfDay, shiftDate } from '../../../domain/business-date';
import { dailyBatchId, type DailyBatchResult, type DailyBatchStep } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { background, daybreak, succeed, type BackgroundCommand, type Ended } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { expectedRows, fedDay, servedRows, ZONE } from './day-rows';
import { until } from '../support/until';

useStack();
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const config = readConfig();
const druid = createDruidClient(config.druid);
/** Null if another task has the lock. */
const lockSchema = z.object({ result: z.object({ interval: z.string(), revoked: z.boolean() }) });
const statusSchema = z.object({
  ingestion: z.object({ ended: z.object({ thrownAway: z.number() }).optional() }),
  waiting: z.array(z.object({ date: z.string(), why: z.string(), remedy: z.string() })),
});

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

async function begin(): Promise<void> {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
}

const end = (): Promise<void> =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  );

const run = (): Promise<Ended> =>
  daybreak(`batch run --pipeline ${pipeline.name} --date ${date} --json`, pipeline.environment);

describe('a day whose files change while it is being sealed', () => {
  const file = (hour: string): string => join(pipeline.input, `names.${date.replaceAll('-', '')}.${hour}.json`);
  const line = (hour: string, id: number): string =>
    `${JSON.stringify({ hello: 'hi', id, time: `${date} ${hour}:30:00` })}\n`;
  beforeAll(async () => {
    await begin();
    await mkdir(pipeline.input, { recursive: true });
    for (const hour of hoursOfDay(date, ZONE)) await writeFile(file(hour), line(hour, 1));
    expect(await run()).toMatchObject({ code: 0 });
  });
  afterAll(end);

  /** Runs the day, and changes its files while another task's lock blocks the run in its seal. */
  async function changedMeanwhile(change: () => Promise<void>): Promise<Ended> {
    const id = `holder_${pipeline.topic}_${Date.now()}`;
    const holder = { type: 'noop', id, dataSource: pipeline.topic, runTime: 600_000 };
    await druid.tasks.submit(holder);
    try {
      await until('the lock', () => hasLocked(holder));
      const running = run();
      await withClient(config, async (client) => {
        const handle = client.workflow.getHandle(dailyBatchId(pipeline.name, date));
        const step = (): Promise<DailyBatchStep | undefined> =>
          handle.query<DailyBatchStep>('step').catch(() => undefined); // The run may not have begun.
        await until('the seal', async () => (await step()) === 'seal', { during: running });
      });
      await change();
      await druid.tasks.shutDown(id);
      return await running;
    } finally {
      await druid.tasks.shutDown(id).catch(() => undefined); // It may have ended.
    }
  }

  /** Tries to lock the day for a task, as Druid's own tasks do. A task that was just submitted may be unknown yet. */
  async function hasLocked(task: object): Promise<boolean> {
    const interval = `${dayInterval(date, ZONE).start}/${dayInterval(date, ZONE).end}`;
    const lock = { task, action: { type: 'lockTryAcquire', lockType: 'EXCLUSIVE', interval } };
    const { data } = await axios.post<unknown>(`${config.druid.coordinatorUrl}/druid/indexer/v1/action`, lock, {
      validateStatus: () => true,
    });
    const { success, data: answer } = lockSchema.safeParse(data);
    return success && !answer.result.revoked;
  }

  it('has the rows that came', async () => {
    const { code, stdout } = await changedMeanwhile(() => appendFile(file('05'), line('05', 2)));
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as DailyBatchResult).counts).toMatchObject({ read: 25, kept: 25 });
    expect(await servedRows(pipeline.topic, date)).toHaveLength(25);
  });

  it('is refused where a file went, and served as before', async () => {
    const { code, stderr } = await changedMeanwhile(() => rename(file('07'), `${file('07')}-away`));
    expect(code).toBe(1);
    expect(stderr).toContain('MISSING_HOURS');
    expect(stderr).toContain('1 hour has no input file (07)');
    expect(await servedRows(pipeline.topic, date)).toHaveLength(25);
  });
});

describe('rows that come after the seal', () => {
  beforeAll(begin);
  afterAll(end);

  const feed = (seed: number, events: number): Promise<string> =>
    succeed(
      `feed --pipeline ${pipeline.name} --date ${date} --seed ${seed} --events ${events} --append`,
      pipeline.environment,
    );
  const status = async () =>
    statusSchema.parse(
      JSON.parse((await daybreak(`status --pipeline ${pipeline.name} --json`, pipeline.environment)).stdout),
    );

  it('show in status, also after the task that dropped them, mark the day, and are in its next run', async () => {
    await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
    const sent = fedDay(date, 2_000, 41);
    await feed(41, 2_000);
    await until('the day in realtime', async () => (await servedRows(pipeline.topic, date)).length >= 2_000);
    expect(await run()).toMatchObject({ code: 0 });
    expect((await status()).waiting.filter((day) => day.date === date)).toEqual([]);

    const late = fedDay(date, 300, 42);
    await feed(42, 300);
    const inKafka = late.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
    await until('the dropped rows', async () => (await druid.supervisors.totals(pipeline.topic)).thrownAway >= inKafka);
    const [task] = await druid.tasks.unfinished(pipeline.topic);
    await axios.post(
      `${config.druid.coordinatorUrl}/druid/indexer/v1/supervisor/${pipeline.topic}/taskGroups/handoff`,
      { taskGroupIds: [0] },
    );
    await until('the end of the task', async () => (await druid.tasks.status(task!.id))?.status === 'SUCCESS');
    const { ingestion, waiting } = await status();
    expect(ingestion.ended?.thrownAway).toBe(inKafka);
    expect(waiting).toContainEqual({
      date,
      why: expect.stringMatching(/^3\d\d late rows/) as string,
      remedy: expect.anything() as string,
    });

    expect(await run()).toMatchObject({ code: 0 });
    const both = new Set([...expectedRows(sent), ...expectedRows(late)]);
    expect(await servedRows(pipeline.topic, date)).toEqual([...both].sort());
    expect((await status()).waiting.filter((day) => day.date === date)).toEqual([]);
  });
});
