import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createBuildActivities } from '../../activities/batch/build-day';
import type { BatchDependencies } from '../../activities/batch/dependencies';
import { createRestoreActivities } from '../../activities/batch/kept-version';
import { createOperateActivities } from '../../activities/operate';
import { createDruidClient } from '../../clients/druid';
import { parseBusinessDate } from '../../domain/business-date';
import { dayPlan, type DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { commands } from '../../scripts/cli/commands';
import { loadExample, scratchFolder } from '../engines/scratch';
import { HOSTILE_DATES, HOSTILE_NAMES } from './hostile';
import { NO_WEBHOOKS } from '../activities/operate/no-webhooks';

const root = scratchFolder();
const pipelines = join(root, 'pipelines');
const data = join(root, 'data');
/** A folder beside the data folder. A name with two dots would lead there. */
const outside = join(root, 'outside');

beforeAll(async () => {
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  await cp('pipelines/events', join(root, 'elsewhere', 'linked'), { recursive: true });
  await symlink(join(root, 'elsewhere', 'linked'), join(pipelines, 'linked'));
  await mkdir(join(pipelines, '.hidden'));
  await mkdir(outside);
  process.env['DAYBREAK_PIPELINES'] = pipelines;
  process.env['DAYBREAK_DATA'] = data;
});
afterAll(() => {
  delete process.env['DAYBREAK_PIPELINES'];
  delete process.env['DAYBREAK_DATA'];
});

/** Nothing was read from or written to any other place. */
afterEach(async () => {
  expect(await readdir(outside)).toEqual([]);
  expect((await readdir(root)).sort()).toEqual(['elsewhere', 'outside', 'pipelines']);
});

const WITH_A_DATE = [
  ['batch', 'build', '--pipeline', 'pipelines/events', '--input', root, '--output', join(root, 'never')],
  ['batch', 'run'],
  ['batch', 'verify'],
  ['batch', 'restore'],
  ['feed', '--no-kafka'],
];

/** Runs the command as the program does, up to the point where it would ask a server. */
async function run([name = '', ...args]: readonly string[]): Promise<unknown> {
  const command = commands().find((one) => one.name() === name);
  return command?.parseAsync(args, { from: 'user' });
}

async function refusal(work: () => Promise<unknown>): Promise<DaybreakError> {
  const thrown: unknown = await work().catch((reason: unknown) => reason);
  if (thrown instanceof DaybreakError) return thrown;
  throw new Error(`not refused: ${String(thrown)}`);
}

describe.each(HOSTILE_DATES)('the date %j', (date) => {
  it.each(WITH_A_DATE.map((words) => [words.slice(0, 2).join(' '), words] as const))(
    'is refused by %s',
    async (_, words) => {
      const error = await refusal(() => run([...words, `--date=${date}`]));
      expect(error).toMatchObject({ code: 'BAD_DATE', remedy: expect.stringContaining('YYYY-MM-DD') as string });
      expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    },
  );

  it.each([
    ['backfill', '--from=2026-11-01', `--to=${date}`],
    ['backfill', `--from=${date}`, '--to=2026-11-01'],
    ['report', `--from=${date}`],
    ['report', `--to=${date}`],
  ])('is refused by %s %s %s', async (...words) => {
    expect((await refusal(() => run(words))).code).toBe('BAD_DATE');
  });

  it('is refused by every activity that a caller of a workflow reaches with it', async () => {
    const builds = createBuildActivities(dependencies());
    const plan = hostilePlan({ date: date as DayPlan['date'] });
    const restores = createRestoreActivities(dependencies());
    const operates = createOperateActivities({ ...NO_WEBHOOKS, pipelines, data });
    const range = { pipeline: 'events', from: date, to: '2026-11-21' };
    for (const work of [
      () => builds.planDay({ pipeline: 'events', date }),
      () => inActivity(() => builds.buildDay(plan, { force: false })),
      () => restores.chooseVersion(plan, 'previous'),
      () => restores.republish(plan, '0123456789abcdef'),
      () => inActivity(() => operates.selectBackfillDays(range)),
    ]) {
      expect((await refusal(work)).code).toBe('BAD_DATE');
    }
  });
});

describe.each(HOSTILE_NAMES)('the pipeline %j', (name) => {
  it('is not found', async () => {
    const error = await refusal(() => loadPipelineNamed(pipelines, name));
    expect(error).toMatchObject({ code: 'UNKNOWN_PIPELINE', remedy: 'Use one of: events.' });
  });

  it.each([
    ['batch', 'run', '--date=2026-11-21'],
    ['batch', 'verify', '--date=2026-11-21'],
    ['batch', 'restore', '--date=2026-11-21'],
    ['backfill', '--from=2026-11-01', '--to=2026-11-02'],
    ['report'],
    ['feed', '--no-kafka', '--date=2026-11-21'],
    ['speed', 'start'],
    ['schedule', 'apply'],
    ['dlq', 'list'],
  ])('is refused by %s %s %s, before a server is asked', async (...words) => {
    expect((await refusal(() => run([...words, `--pipeline=${name}`]))).code).toBe('UNKNOWN_PIPELINE');
  });

  it('is refused by the first activity of each workflow', async () => {
    const builds = createBuildActivities(dependencies());
    const operates = createOperateActivities({ ...NO_WEBHOOKS, pipelines, data });
    for (const work of [
      () => inActivity(() => builds.planDay({ pipeline: name, date: '2026-11-21' })),
      () => inActivity(() => operates.selectBackfillDays({ pipeline: name, from: '2026-11-01', to: '2026-11-02' })),
      () => inActivity(() => operates.findLateData({ pipeline: name })),
    ]) {
      expect((await refusal(work)).code).toBe('UNKNOWN_PIPELINE');
    }
  });
});

let plan: DayPlan;
beforeAll(async () => {
  plan = dayPlan((await loadExample('events')).pipeline, parseBusinessDate('2026-11-21'));
});

function hostilePlan(changes: Partial<DayPlan>): DayPlan {
  return { ...plan, ...changes };
}

function dependencies(): BatchDependencies {
  const nowhere = 'http://127.0.0.1:1';
  return {
    druid: createDruidClient({ coordinatorUrl: nowhere, brokerUrl: nowhere }),
    kafkaOfDruid: { brokers: [] },
    pipelines,
    data,
    inputSource: () => ({ type: 'local', files: [] }),
  };
}

/** With a client that would connect only when it is used. */
async function inActivity<T>(work: () => Promise<T>): Promise<T> {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  try {
    const client = new Client({ connection });
    const silent = new DefaultLogger('ERROR');
    return await new MockActivityEnvironment({}, { client, logger: silent }).run(work);
  } finally {
    await connection.close();
  }
}

it('takes a date and a name that are right: it is not all that is refused', async () => {
  const builds = createBuildActivities(dependencies());
  expect(await inActivity(() => builds.planDay({ pipeline: 'events', date: '2026-11-21' }))).toEqual(plan);
});
