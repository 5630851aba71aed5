import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBatchActivities, createSpeedLayerActivities } from '../../activities';
import { sharedPath } from '../../activities/batch/input-source';
import { createRestoreActivities } from '../../activities/batch/kept-version';
import { createReconciliationActivities } from '../../activities/batch/store-reconciliation';
import { createOperateActivities } from '../../activities/operate';
import { createDruidClient, type DruidClient } from '../../clients/druid';
import { dayPlan, type BuiltDay, type DailyBatchResult, type DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import type { BusinessDate } from '../../domain/business-date';
import { completeCounts } from '../../domain/day-manifest';
import { loadPipeline } from '../../engines/load-pipeline';
import { scratchFolder } from '../engines/scratch';
import { HOSTILE_ARGUMENTS } from './hostile';
import { NO_WEBHOOKS } from '../activities/operate/no-webhooks';

// Someone who starts none of our workflows can still give a task queue an activity. Its arguments are then arbitrary.

const root = scratchFolder();
const data = join(root, 'data');
/** A folder beside the data folder. A name with two dots leads there. */
const outside = join(root, 'outside');
const VERSION = '0123456789abcdef';
const DAY = '2026-11-21' as BusinessDate;

const nowhere = 'http://127.0.0.1:1';
const dependencies = {
  druid: createDruidClient({ coordinatorUrl: nowhere, brokerUrl: nowhere }),
  kafkaOfDruid: { brokers: [] },
  pipelines: join(root, 'pipelines'),
  data,
  inputSource: () => ({ type: 'local', files: [] }) as const,
};

beforeEach(async () => {
  for (const pipeline of [join(data, 'events'), outside]) {
    const version = join(pipeline, 'output', '.versions', DAY, VERSION);
    await mkdir(version, { recursive: true });
    await writeFile(join(version, '_manifest.json'), '{"hours":[],"inputs":[],"counts":{},"missingHours":[]}');
  }
});

async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  const thrown: unknown = await new MockActivityEnvironment().run(work).catch((reason: unknown) => reason);
  if (thrown instanceof DaybreakError) return thrown.code;
  throw new Error(`not refused: ${String(thrown)}`);
}

const plan: DayPlan = {
  pipeline: 'events',
  date: DAY,
  timeZone: 'UTC',
  datasource: 'events',
  realtimeDatasource: 'events',
  interval: { start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' },
};

it.each(['../outside', '../../etc', '..', '.', '', '/etc', 'events/../../outside'])(
  'the pipeline %j gets no version published',
  async (pipeline) => {
    const restores = createRestoreActivities(dependencies);
    expect(await refusal(() => restores.chooseVersion({ ...plan, pipeline }, 'previous'))).toBe('UNKNOWN_PIPELINE');
    expect(await refusal(() => restores.republish({ ...plan, pipeline }, VERSION))).toBe('UNKNOWN_PIPELINE');
    expect(await readdir(join(outside, 'output'))).toEqual(['.versions']);
  },
);

it.each(['../../../../outside', '..', '.', '', '.building-x', '/etc', 'no-such-version'])(
  'the version %j is not published',
  async (version) => {
    const restores = createRestoreActivities(dependencies);
    expect(await refusal(() => restores.republish(plan, version))).toBe('NOT_BUILT');
    expect(await readdir(join(data, 'events', 'output'))).toEqual(['.versions']);
  },
);

// Only the fields that become paths.
const result = {
  pipeline: 'events',
  date: DAY,
  output: join(data, 'events', 'output', '.versions', DAY, VERSION),
  taskId: 'daybreak_events_2026-11-21_1',
} as DailyBatchResult;

it.each<[string, Partial<DailyBatchResult>]>([
  ['a pipeline', { pipeline: '../outside' }],
  ['a date', { date: '../../../outside/x' as BusinessDate }],
  ['a task', { taskId: '/../../../../outside/x' }],
  ['a version', { output: outside }],
])('stores no result outside of the data folder: %s', async (_, hostile) => {
  const results = createReconciliationActivities(dependencies);
  const code = await refusal(() => results.storeReconciliation({ ...result, ...hostile }));
  expect(['UNKNOWN_PIPELINE', 'BAD_DATE', 'OUTPUT_FAILED']).toContain(code);
  expect(await readdir(outside)).toEqual(['output']);
});

it('stores a result that is right', async () => {
  const results = createReconciliationActivities(dependencies);
  await new MockActivityEnvironment().run(() => results.storeReconciliation(result));
  expect(await readdir(join(data, 'events', 'reconciliation'))).toEqual([`${DAY}.json`]);
});

// From here on the pipeline exists, and the servers must not be asked anything.

const events = join(root, 'pipelines', 'events');
const version = join(data, 'events', 'output', '.versions', DAY, VERSION);
const secret = join(outside, 'output', '.versions', 'secret');
let right: DayPlan;
/** The requests to Druid. */
let asked: string[] = [];
/** The specs that were submitted to Druid. */
let submitted: unknown[] = [];

beforeAll(async () => {
  await cp('pipelines/events', events, { recursive: true });
  right = dayPlan((await loadPipeline(events)).pipeline, DAY);
});

beforeEach(async () => {
  [asked, submitted] = [[], []];
  await writeFile(secret, 'as it was');
  const hours = [{ hour: '07', written: 1, file: '07.ndjson', bytes: 3 }];
  const counts = { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 };
  await writeFile(join(version, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  await writeFile(join(version, '07.ndjson'), '{}\n');
});
afterEach(async () => {
  expect(await readFile(secret, 'utf8')).toBe('as it was');
  await rm(data, { recursive: true });
  await rm(outside, { recursive: true });
});

/** A server that records every call, and fails it. */
function untouched(path: string): object {
  const call = (...args: unknown[]): never => {
    asked.push(path);
    submitted.push(...args);
    throw new Error(`${path} was called`);
  };
  return new Proxy(call, { get: (_, name) => untouched(`${path}.${String(name)}`) });
}

function everyActivity(druid: object = untouched('druid')) {
  const all = {
    ...dependencies,
    druid: druid as DruidClient, // A test says what its methods are.
    inputSource: sharedPath,
    kafka: { brokers: ['127.0.0.1:1'] },
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  return {
    ...createBatchActivities(all),
    ...createSpeedLayerActivities(all),
    ...createOperateActivities({ ...all, ...NO_WEBHOOKS }),
  };
}

/** Calls an activity as a task queue does, with any arguments. */
async function call(name: string, args: readonly unknown[], druid?: object): Promise<unknown> {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const activity = Object.entries(everyActivity(druid)).find(([known]) => known === name)?.[1];
  const environment = new MockActivityEnvironment(
    { workflowExecution: { workflowId: 'any', runId: 'own' } },
    { client: new Client({ connection }), logger: new DefaultLogger('ERROR') },
  );
  try {
    return await environment.run(activity as (...given: unknown[]) => Promise<unknown>, ...args);
  } finally {
    await connection.close();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => new Error('it was done'),
    (reason: unknown) => reason,
  );
  if (thrown instanceof DaybreakError) return thrown.code;
  return thrown instanceof ApplicationFailure ? `${thrown.type ?? ''}, by the server` : String(thrown);
}

const built = (changes: Partial<BuiltDay> = {}): BuiltDay => ({
  folder: version,
  counts: completeCounts({ read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 }, [{ written: 1 }]),
  ...{ missingHours: [], hours: [], sources: {}, ...changes },
});

// Derived from the activities: a new one that does not check its arguments fails here.
describe.each(Object.keys(everyActivity()))('%s', (name) => {
  it('refuses by a code what is no argument, and asks no server', async () => {
    const wrong: unknown[] = [];
    for (const argument of HOSTILE_ARGUMENTS) {
      // The second and third argument fit no activity either.
      const code = await codeOf(call(name, [argument, argument, argument]));
      if (!['WRONG_USAGE', 'UNKNOWN_PIPELINE', 'BAD_DATE'].includes(code)) wrong.push([argument, code]);
    }
    expect(wrong).toEqual([]);
    expect(asked).toEqual([]);
    expect(await readdir(data)).toEqual(['events']);
  });
});

const PLANNED = ['awaitSettledInput', 'buildDay', 'checkGate', 'sealDay', 'reindexDay', 'proveDay'];
const secondOf = (name: string): readonly unknown[] => {
  const reindexed = { taskId: 'daybreak_x', createdTime: '2026-11-22T00:00:00.000Z' };
  return ['awaitSettledInput', 'buildDay', 'sealDay'].includes(name)
    ? [{ accept: [], force: false }]
    : [built(), name === 'checkGate' ? { accept: [] } : reindexed];
};

it('has every activity that takes a plan in its list', () => {
  const others = ['planDay', 'chooseVersion', 'republish', 'endReindexTasks', 'storeReconciliation'];
  expect([...PLANNED, ...others].sort()).toEqual(Object.keys(createBatchActivities(dependencies)).sort());
});

describe.each(PLANNED)('%s', (name) => {
  it.each<[string, object]>([
    ['another datasource', { datasource: 'payroll' }],
    ['another datasource of realtime', { realtimeDatasource: 'payroll' }],
    ['an injected FROM', { realtimeDatasource: 'x" UNION SELECT * FROM sys.segments --' }],
    ['another interval', { interval: { start: '1970-01-01T00:00:00.000Z', end: '2100-01-01T00:00:00.000Z' } }],
    ['another output', { output: 's3://elsewhere/events' }],
    ['another zone', { timeZone: 'UTC' }],
  ])('refuses a plan with %s, and asks Druid nothing', async (_, changes) => {
    expect(await codeOf(call(name, [{ ...right, ...changes }, ...secondOf(name)]))).toBe('BAD_PIPELINE');
    expect(asked).toEqual([]);
  });

  it('takes the same zone by another name, which pipeline.yaml may have got since the run began', async () => {
    const plan = { ...right, timeZone: 'ROK' };
    expect(await codeOf(call(name, [plan, ...secondOf(name)]))).not.toBe('BAD_PIPELINE');
  });

  it('refuses a day that is not over, which a seal would close for years', async () => {
    const later = { pipeline: 'events', date: '2126-11-21' };
    expect(await codeOf(call(name, [later, ...secondOf(name)]))).toBe('BAD_DATE');
    expect(asked).toEqual([]);
  });
});

describe.each(['reindexDay', 'proveDay'])('%s', (name) => {
  const given = (folder: string): Promise<string> =>
    codeOf(call(name, [right, built({ folder }), ...secondOf(name).slice(1)]));

  it.each([
    '/etc',
    '/',
    '',
    '.',
    outside,
    join(data, 'events', 'output'),
    join(data, 'events', 'output', '.versions', DAY),
    `${version}/..`,
    `${version}/../../2026-11-20/${VERSION}`,
    join(data, 'other', 'output', '.versions', DAY, VERSION),
    `/${'x'.repeat(4_096)}`,
  ])('takes no rows from %#', async (folder) => {
    expect(await given(folder)).toMatch(/^(OUTPUT_FAILED|WRONG_USAGE)$/);
    expect(asked).toEqual([]);
  });

  it('takes no version that is not kept, that is a link, or that has a link for a file', async () => {
    const versions = join(data, 'events', 'output', '.versions', DAY);
    expect(await given(join(versions, 'gone'))).toBe('NOT_BUILT');
    await symlink(version, join(versions, 'linked'));
    expect(await given(join(versions, 'linked'))).toBe('NOT_BUILT');
    await rm(join(version, '07.ndjson'));
    await symlink('/etc/passwd', join(version, '07.ndjson'));
    expect(await given(version)).toBe('OUTPUT_FAILED');
    expect(asked).toEqual([]);
  });

  it('takes no version by a link out of the data folder', async () => {
    await rm(join(data, 'events', 'output'), { recursive: true });
    await symlink(join(outside, 'output'), join(data, 'events', 'output'));
    expect(await given(version)).toBe('OUTPUT_FAILED');
    expect(asked).toEqual([]);
  });
});

it('has Druid load the files of the manifest, whatever the caller lists', async () => {
  const hostile = built({
    hours: [{ ...built().hours[0], hour: '07', file: '/etc/passwd', written: 1 } as BuiltDay['hours'][number]],
  });
  const specs: unknown[] = [];
  const tasks = {
    status: () => Promise.resolve(undefined),
    sample: () => Promise.resolve(1),
    submit: (spec: unknown) => {
      specs.push(spec);
      throw new DaybreakError('DRUID_REFUSED', { what: 'seen', remedy: '' });
    },
  };
  expect(await codeOf(call('reindexDay', [right, hostile], { tasks }))).toBe('DRUID_REFUSED');
  expect(specs).toMatchObject([
    {
      id: expect.stringContaining(`daybreak_${right.datasource}_${DAY}_`) as string,
      spec: {
        dataSchema: {
          dataSource: right.datasource,
          granularitySpec: { intervals: [`${right.interval.start}/${right.interval.end}`] },
        },
        ioConfig: { inputSource: { type: 'local', files: [join(version, '07.ndjson')] } },
      },
    },
  ]);
});

it('ends only tasks of the day, in the datasource of its pipeline, and else those of its own run', async () => {
  const ended: string[] = [];
  const druid = (datasource: string) => ({
    tasks: {
      unfinished: () =>
        Promise.resolve(
          [`daybreak_${datasource}_${DAY}_other_1`, `daybreak_${datasource}_${DAY}_own_1`, 'index_kafka_x']
            .filter((id) => !ended.includes(id))
            .map((id) => ({ id })),
        ),
      shutDown: (id: string) => Promise.resolve(ended.push(id)),
    },
  });
  await call('endReindexTasks', [{ ...right, datasource: 'payroll' }], druid('payroll'));
  expect(ended).toEqual([`daybreak_payroll_${DAY}_own_1`]);
  await call('endReindexTasks', [right], druid(right.datasource));
  expect(ended.slice(1).sort()).toEqual(['other', 'own'].map((run) => `daybreak_${right.datasource}_${DAY}_${run}_1`));
});

describe('links that somebody planted', () => {
  const store = (): Promise<unknown> => call('storeReconciliation', [result]);

  it('are replaced and not followed where a version is marked as served', async () => {
    await symlink(secret, join(version, '.served'));
    await store();
    expect(await readFile(join(version, '.served'), 'utf8')).toBe(`${result.taskId}\n`);
  });

  it('are replaced and not followed where the table of the day is', async () => {
    const folder = join(data, 'events', 'reconciliation');
    await mkdir(folder);
    for (const name of [`${DAY}.json`, `${DAY}.json.${result.taskId}`]) await symlink(secret, join(folder, name));
    await store();
    expect(JSON.parse(await readFile(join(folder, `${DAY}.json`), 'utf8'))).toEqual(result);
  });

  it.each(['reconciliation', 'output'])('are refused where the folder %s is one', async (name) => {
    await rm(join(data, 'events', name), { recursive: true, force: true });
    await symlink(name === 'output' ? join(outside, 'output') : outside, join(data, 'events', name));
    const before = await readdir(outside, { recursive: true });
    expect(await codeOf(store())).toBe('OUTPUT_FAILED');
    expect(await readdir(outside, { recursive: true })).toEqual(before);
  });

  it('are refused where the pipeline itself or its scratch folder is one: what is there would be removed', async () => {
    await symlink(outside, join(data, 'events', 'scratch'));
    for (const name of ['checkGate', 'proveDay']) {
      expect(await codeOf(call(name, [right, ...secondOf(name)]))).toBe('OUTPUT_FAILED');
    }
    await rm(join(data, 'events'), { recursive: true });
    await symlink(outside, join(data, 'events'));
    expect(await codeOf(store())).toBe('OUTPUT_FAILED');
    expect(await codeOf(call('republish', [right, VERSION]))).toBe('OUTPUT_FAILED');
    expect(await codeOf(call('buildDay', [right, { force: true }]))).toBe('OUTPUT_FAILED');
  });
});
