import { WorkflowUpdateFailedError } from '@temporalio/client';
import { CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpeedLayerActivities } from '../../activities';
import { ERROR_CODES } from '../../domain/errors';
import type { SpeedShardInput } from '../../domain/speed-shard';
import {
  continuedSpeedLayerSchema,
  speedLayerId,
  startableShards,
  type SpeedLayerStatus,
} from '../../domain/speed-layer';
import * as workflows from '../../workflows';
import { HOSTILE_ARGUMENTS, HOSTILE_DATES } from '../security/hostile';
import { failureOf, shownOf, until, useTemporal } from './environment';

const temporal = useTemporal();

/** A valid input of each workflow, with every field that a caller may give. */
const RIGHT: Readonly<Record<keyof typeof workflows, Readonly<Record<string, unknown>>>> = {
  speedLayer: { pipeline: 'events', shards: 1, paused: false, setup: 's', isSetupOver: false, failures: [] },
  dailyBatch: { pipeline: 'events', date: '2026-11-21', force: true, accept: ['EMPTY_DAY'], restore: 'previous' },
  backfill: { pipeline: 'events', from: '2026-11-20', to: '2026-11-21', parallel: 1, only: 'all', daysPerRun: 1 },
  nightlyBatch: { pipeline: 'events', timeZone: 'Asia/Seoul' },
  lateDataWatch: { pipeline: 'events' },
  deadlineWatch: { pipeline: 'events', timeZone: 'Asia/Seoul' },
};

type Case = readonly [workflow: keyof typeof workflows, input: unknown];

const WORKFLOWS = Object.keys(workflows) as (keyof typeof workflows)[];
const of = (workflow: keyof typeof workflows, changes: readonly object[]): Case[] =>
  changes.map((change) => [workflow, { ...RIGHT[workflow], ...change }]);

const CASES: readonly Case[] = [
  ...WORKFLOWS.flatMap((workflow): Case[] => HOSTILE_ARGUMENTS.map((input) => [workflow, input])),
  ...WORKFLOWS.flatMap((workflow) =>
    Object.keys(RIGHT[workflow]).flatMap((field) =>
      of(workflow, [{ [field]: null }, { [field]: { toString: 1 } }, { [field]: [[]] }]),
    ),
  ),
  ...WORKFLOWS.flatMap((workflow) => of(workflow, [{ other: 1 }, { shard: 1 }])),
  ...of(
    'speedLayer',
    [300_000_000, 1_001, -1, 0, 1.5, 1e10, '1', Number.MAX_SAFE_INTEGER].map((shards) => ({ shards })),
  ),
  ...of('speedLayer', [{ paused: 'no' }, { setup: 'x'.repeat(1_000) }, { failures: [{ part: 1 }] }]),
  ...of('dailyBatch', [
    ...HOSTILE_DATES.map((date) => ({ date })),
    ...[{ accept: ['NO_INPUT'] }, { accept: 'EMPTY_DAY' }, { accept: Array(1_000).fill('EMPTY_DAY') }],
  ]),
  ...of('backfill', [
    ...HOSTILE_DATES.map((from) => ({ from })),
    ...[{ from: '0001-01-01' }, { from: '2026-11-21', to: '9999-12-31' }, { from: '2026-11-21', to: '2026-11-20' }],
    ...[{ only: 'everything' }, { continued: { requested: ['2026-02-30'], outcomes: [] } }],
  ]),
];

let number = 0;

it('fails every workflow by a code of its own where its input is none, and never its task', async () => {
  const activities = {}; // None is called: a missing activity would fail without a code of ours.
  await temporal.serve(activities, async () => {
    const failures = await Promise.all(
      CASES.map(async ([workflow, input]) => {
        number += 1;
        const handle = await temporal.client.workflow.start(workflow, {
          taskQueue: temporal.taskQueue,
          workflowId: `hostile/${number}`,
          args: input === undefined ? [] : [input],
          workflowRunTimeout: '5 minutes',
        });
        const failure = await failureOf(handle);
        const code = failure instanceof ApplicationFailure ? (failure.type ?? '') : failure.message;
        return { workflow, input, code, isShort: failure.message.length < 1_000 };
      }),
    );
    const wrong = failures.filter(
      ({ code, isShort }) => !['WRONG_USAGE', 'BAD_DATE', 'UNKNOWN_PIPELINE'].includes(code) || !isShort,
    );
    expect(wrong).toEqual([]);
    expect(failures.every(({ code }) => code in ERROR_CODES)).toBe(true);
  });
});

it('shows as its outcome why it failed', async () => {
  await temporal.serve({}, async () => {
    const handle = await temporal.client.workflow.start('dailyBatch', {
      taskQueue: temporal.taskQueue,
      workflowId: 'hostile/shown',
      args: [{ pipeline: 'events', date: '2026-02-30' }],
    });
    await failureOf(handle);
    expect(await shownOf(handle)).toMatchObject({
      outcome: 'failed:BAD_DATE',
      details: expect.stringContaining('2026-02-30') as string,
    });
  });
});

async function untilCancelled(): Promise<never> {
  const { cancellationSignal, heartbeat } = Context.current();
  while (!cancellationSignal.aborted) {
    heartbeat();
    await sleep(20);
  }
  throw new CancelledFailure('CANCELLED');
}

it('goes on as it is whatever its signals, updates and queries are given', async () => {
  const started: SpeedShardInput[] = [];
  const activities: SpeedLayerActivities = {
    prepareSpeedLayer: () => Promise.resolve({ setup: 's' }),
    runSpeedShard: (input) => {
      started.push(input);
      return untilCancelled();
    },
    watchSupervisor: untilCancelled,
    tellPartitions: untilCancelled,
  };
  await temporal.serve(activities, async () => {
    const handle = await temporal.client.workflow.start('speedLayer', {
      taskQueue: temporal.taskQueue,
      workflowId: speedLayerId('handlers'),
      args: [{ pipeline: 'events', shards: 2 }],
    });
    await until(() => started.length === 2);
    for (const wanted of [300_000_000, 1_001, 1e10, -1, 0, 1.5, NaN, '2', [2], {}, { toString: 1 }, null, undefined]) {
      const refused =
        wanted === undefined ? handle.executeUpdate('scale') : handle.executeUpdate('scale', { args: [wanted] });
      await expect(refused).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
      const { cause } = (await refused.catch((thrown: unknown) => thrown)) as WorkflowUpdateFailedError;
      expect(cause).toMatchObject({ type: 'WRONG_USAGE' });
    }
    for (const argument of HOSTILE_ARGUMENTS) {
      await handle.signal('no such signal', argument);
      const status = await handle.query<SpeedLayerStatus, unknown[]>('status', argument);
      expect(status).toMatchObject({ state: 'running', shards: 2 });
    }
    await handle.signal('pause', { shards: 0 });
    await until(async () => (await handle.query<SpeedLayerStatus>('status')).state === 'paused');
    await handle.signal('resume', HOSTILE_ARGUMENTS);
    await until(() => started.length === 4);
    expect(started).toMatchObject(Array.from({ length: 4 }, () => ({ shards: 2 })));
    await handle.cancel();
    await failureOf(handle);
  });
});

it('takes from a layer of an earlier version what it continues as new with, also more shards than there may be now', () => {
  const failure = { part: 'x', since: '', lastAt: '', tries: 1, message: 'm'.repeat(10_000) };
  const handed = { pipeline: 'events', paused: true, failures: [failure] };
  const taken = continuedSpeedLayerSchema.parse({ ...handed, shards: 5_000, later: 'version' });
  expect(taken).toEqual({ ...handed, shards: 5_000 });
  expect([5_000, 1_001, 1_000, 2.5, 1, 0, -1].map(startableShards)).toEqual([1_000, 1_000, 1_000, 2, 1, 1, 1]);
});

/** Payloads that no converter can decode. */
const UNDECODABLE = {
  payloads: ['json/plain', 'binary/unknown', ''].map((encoding) => ({
    metadata: { encoding: Buffer.from(encoding) },
    data: Buffer.from('{'),
  })),
};

it('fails a workflow by a code whose input cannot be decoded, and goes on after a signal that cannot be', async () => {
  const { client } = temporal;
  const namespace = client.options.namespace;
  const activities: SpeedLayerActivities = {
    prepareSpeedLayer: () => Promise.resolve({ setup: 's' }),
    runSpeedShard: untilCancelled,
    watchSupervisor: untilCancelled,
    tellPartitions: untilCancelled,
  };
  await temporal.serve(activities, async () => {
    for (const workflow of WORKFLOWS) {
      const workflowId = `undecodable/${workflow}`;
      await client.workflowService.startWorkflowExecution({
        ...{ namespace, workflowId, requestId: workflowId, input: UNDECODABLE },
        workflowType: { name: workflow },
        taskQueue: { name: temporal.taskQueue },
      });
      const failure = await failureOf(client.workflow.getHandle(workflowId));
      expect([workflow, failure]).toMatchObject([workflow, { type: 'WRONG_USAGE' }]);
    }
    const handle = await client.workflow.start('speedLayer', {
      taskQueue: temporal.taskQueue,
      workflowId: speedLayerId('undecodable'),
      args: [{ pipeline: 'events' }],
    });
    await until(async () => (await handle.query<SpeedLayerStatus>('status')).state === 'running');
    const workflowExecution = { workflowId: handle.workflowId };
    await client.workflowService.signalWorkflowExecution({
      ...{ namespace, workflowExecution, signalName: 'pause', input: UNDECODABLE, requestId: 'signal' },
    });
    await until(async () => (await handle.query<SpeedLayerStatus>('status')).state === 'paused');
    await handle.cancel();
    await failureOf(handle);
  });
});
