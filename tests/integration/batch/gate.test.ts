import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { dailyBatchId, type DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { background, daybreak, succeed, type BackgroundCommand, type Ended } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { awaitInRealtime, expectedRows, fedDay, servedRows, ZONE } from './day-rows';

useStack();
const EVENTS = 2_000;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const statusSchema = z.object({ days: z.array(z.object({ outcome: z.string() })) });
const sent = fedDay(date, EVENTS, 11);

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
/** The rows that realtime serves of the day. */
let realtime: string[];

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) =>
    yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 1\n  settleTimeoutSeconds: 4'),
  );
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
  await succeed(`speed start ${on()}`, pipeline.environment);
  await succeed(`feed ${on()} --date ${date} --events ${EVENTS} --seed 11`, pipeline.environment);
  realtime = await awaitInRealtime(pipeline.topic, date, sent);
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const on = (): string => `--pipeline ${pipeline.name}`;
const run = (options = ''): Promise<Ended> =>
  daybreak(`batch run ${on()} --date ${date}${options}`, pipeline.environment);
const input = (hour: string): string => join(pipeline.input, `names.${date.replaceAll('-', '')}.${hour}.json`);

async function lastOutcome(): Promise<string | undefined> {
  const { stdout } = await daybreak(`status ${on()} --json`, pipeline.environment);
  return statusSchema.parse(JSON.parse(stdout)).days[0]?.outcome;
}

/** Moves a file away while `work` runs. */
async function without(path: string, work: () => Promise<void>): Promise<void> {
  await rename(path, `${path}-away`);
  try {
    await work();
  } finally {
    await rename(`${path}-away`, path);
  }
}

/** Writes other content to the files of some hours while `work` runs. */
async function rewritten(hours: readonly string[], content: string, work: () => Promise<void>): Promise<void> {
  for (const hour of hours) {
    await rename(input(hour), `${input(hour)}-whole`);
    await writeFile(input(hour), content);
  }
  try {
    await work();
  } finally {
    for (const hour of hours) await rename(`${input(hour)}-whole`, input(hour));
  }
}

/** Appends to the file of an hour while `work` runs. */
async function appended(hour: string, content: string, work: () => Promise<void>): Promise<void> {
  const before = await readFile(input(hour));
  await writeFile(input(hour), Buffer.concat([before, Buffer.from(content)]));
  try {
    await work();
  } finally {
    await writeFile(input(hour), before);
  }
}

async function expectRefused(code: string, figures: string): Promise<void> {
  const { code: exit, stderr } = await run();
  expect(stderr).toContain(code);
  expect(stderr).toContain(figures);
  expect(exit).toBe(1);
  expect(await lastOutcome()).toBe(`refused:${code}`);
  expect(await servedRows(pipeline.topic, date)).toEqual(realtime);
}

describe('a refused day is served by realtime as before, with the reason in error, outcome and figures', () => {
  it('without its input', () => without(pipeline.input, () => expectRefused('NO_INPUT', pipeline.input)));

  it('without a static table', () =>
    without(join(pipeline.folder, 'names.ndjson'), () => expectRefused('BAD_TABLE', 'names.ndjson')));

  it('without an hour', () =>
    without(input('03'), () => expectRefused('MISSING_HOURS', '1 hour has no input file (03)')));

  it('while a file goes on changing', async () => {
    const { atime, mtime } = await stat(input('05'));
    // At every check the file looks changed less than a second ago. A real writer in the test could be too slow for
    // that.
    await utimes(input('05'), atime, new Date(Date.now() + 3_600_000));
    try {
      await expectRefused('NOT_SETTLED', 'the pipeline wants 1 s without a change and waits at most 4 s');
    } finally {
      await utimes(input('05'), atime, mtime);
    }
  });

  it('with less than realtime has', () =>
    rewritten(['12'], '', () => expectRefused('BATCH_SHORT', 'distinct rows that Druid serves')));

  it('with bad records beyond the share that the pipeline allows', () =>
    appended('07', '{"id":\n'.repeat(EVENTS / 10), () => expectRefused('TOO_MANY_QUARANTINED', 'allowed 5.00 %')));

  it('with records of other days beyond the share that the pipeline allows', () =>
    appended('07', `{"hello":"hi","id":1,"time":"${shiftDate(date, -2)} 07:00:00"}\n`.repeat(EVENTS / 10), () =>
      expectRefused('TOO_MANY_OUTSIDE', 'files.timeZone'),
    ));

  it('with a compressed file that was cut off', () =>
    without(input('12'), async () => {
      const packed = gzipSync(await readFile(`${input('12')}-away`));
      await writeFile(`${input('12')}.gz`, packed.subarray(0, packed.length - 20));
      await expectRefused('TRUNCATED_FILES', `names.${date.replaceAll('-', '')}.12.json.gz`);
      await rm(`${input('12')}.gz`);
    }));

  it('without a row', async () => {
    const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
    await rewritten(hours, '', () => expectRefused('EMPTY_DAY', 'no row at all'));
  });
});

it('tells who joins a run that its own options have no effect, and how to run with them', async () => {
  worker.child.kill('SIGSTOP'); // So the first run is still under way.
  try {
    await succeed(`batch run ${on()} --date ${date} --no-wait`, pipeline.environment);
    const { stderr, code } = await run(' --force --accept MISSING_HOURS --no-wait');
    expect(stderr).toContain(`A run of ${date} is under way since`);
    expect(stderr).toContain('Your --force --accept MISSING_HOURS has no effect on it');
    expect(stderr).toContain(`npx daybreak batch run ${on()} --date ${date} --force --accept MISSING_HOURS`);
    expect(code).toBe(0);
    const { stdout } = await run(' --no-wait --json');
    expect(JSON.parse(stdout)).toMatchObject({ joined: true });
  } finally {
    await endAll(
      () =>
        withClient(readConfig(), (client) =>
          client.workflow.getHandle(dailyBatchId(pipeline.name, date)).terminate('was only to be joined'),
        ),
      () => worker.child.kill('SIGCONT'),
    );
  }
});

it('goes on with what was accepted, and records it', async () => {
  await without(input('03'), async () => {
    const { stdout, code } = await run(' --accept MISSING_HOURS BATCH_SHORT --json');
    expect(code).toBe(0);
    const { accepted, missingHours } = JSON.parse(stdout) as DailyBatchResult;
    expect(accepted.map(({ code: one }) => one)).toEqual(['MISSING_HOURS', 'BATCH_SHORT']);
    expect(accepted[0]?.figures).toEqual({ missing: 1, allowed: 0 });
    expect(missingHours).toEqual(['03']);
  });
  const inHour = new RegExp(`^\\["${date} 03:`);
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(sent).filter((row) => !inHour.test(row)));
});
