import { CancelledFailure, Context, heartbeat } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { dateAttribute, outcomeAttribute, pipelineAttribute } from '../../domain/search-attributes';
import { QUEUES_OF_LAYER, TASK_QUEUES, type Layer } from '../../domain/task-queues';
import { artifactsOf } from '../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../scripts/stack/progress';
import { readConfig } from '../../worker/config';
import { tuning } from '../../worker/tuning';
import { until as untilFound } from '../integration/support/until';
import { keptWorkflowBundle, payloadConverterPath } from './kept-bundle';

export interface WorkflowTests {
  readonly client: TestWorkflowEnvironment['client'];
  /** For workers that a test starts itself. */
  readonly connection: TestWorkflowEnvironment['nativeConnection'];
  /** The task queue of the last `serve`. Each has its own, so that leftovers of a failed test affect no other. */
  readonly taskQueue: string;
  /** Serves the real workflows with these activities while `work` runs. */
  serve(activities: object, work: () => Promise<void>, options?: Partial<WorkerOptions>): Promise<void>;
  /** The same on the task queues of a layer, with the slots that a worker has by default. One test may run at a time. */
  serveLayer(layer: Layer, activities: object, work: () => Promise<void>): Promise<void>;
}

/**
 * A Temporal development server in memory for the test file, and the workflows as the worker bundles them. The only
 * timers of workflows are those of retries, which the tests wait for.
 *
 * @param server further arguments of `temporal server start-dev`.
 */
export function useTemporal(...server: string[]): WorkflowTests {
  let served = 0;
  let environment: TestWorkflowEnvironment;
  let workflowBundle: WorkflowBundleOption;

  beforeAll(async () => {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    });
    const path = await artifactsOf(silentProgress).temporal();
    [environment, workflowBundle] = await Promise.all([
      TestWorkflowEnvironment.createLocal({
        server: {
          executable: { type: 'existing-path', path },
          searchAttributes: [pipelineAttribute, dateAttribute, outcomeAttribute],
          extraArgs: server,
          log: { format: 'pretty', level: 'never' },
        },
      }),
      keptWorkflowBundle(),
    ]);
  });

  afterAll(() => environment.teardown());

  const created = (taskQueue: string, activities: object, options: Partial<WorkerOptions>): Promise<Worker> =>
    Worker.create({
      ...{ connection: environment.nativeConnection, workflowBundle, taskQueue, activities },
      dataConverter: { payloadConverterPath },
      ...options,
    });

  return {
    get taskQueue() {
      return `workflow-tests-${served}`;
    },
    get client() {
      return environment.client;
    },
    get connection() {
      return environment.nativeConnection;
    },
    async serve(activities, work, options) {
      served += 1;
      const worker = await created(`workflow-tests-${served}`, activities, {
        maxConcurrentActivityTaskExecutions: 100,
        maxHeartbeatThrottleInterval: '100 milliseconds',
        ...options,
      });
      await worker.runUntil(work);
    },
    async serveLayer(layer, activities, work) {
      const { worker: config } = readConfig({});
      const workers = await Promise.all(
        QUEUES_OF_LAYER[layer].map((queue) => created(TASK_QUEUES[queue], activities, tuning(queue, config))),
      );
      await workers.reduceRight((rest, worker) => () => worker.runUntil(rest), work)();
    },
  };
}

/** A point at which a stubbed activity waits until the test releases it, or until it is cancelled. */
export class Held {
  /** How many activities have reached this point. */
  arrived = 0;
  #open = false;

  /** The activity calls it. Throws its CancelledFailure. Sends heartbeats, so that it learns of a cancellation. */
  async wait(): Promise<void> {
    this.arrived += 1;
    const { cancellationSignal } = Context.current();
    while (!this.#open) {
      if (cancellationSignal.aborted) throw new CancelledFailure('CANCELLED');
      heartbeat();
      await sleep(20);
    }
  }

  /** The same for work that must be done even if it is cancelled. */
  async passed(): Promise<void> {
    this.arrived += 1;
    while (!this.#open) {
      heartbeat();
      await sleep(20);
    }
  }

  /** The test calls it. Waits until `count` activities are here. */
  async reached(count = 1): Promise<void> {
    await until(() => this.arrived >= count);
  }

  release(): void {
    this.#open = true;
  }
}

/** Throws after a while, so that a test that waits in vain ends its worker. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await untilFound(String(condition), condition, { pauseMs: 20 });
}

/** The failure of a workflow, as its caller gets it. */
export async function failureOf(handle: Pick<WorkflowHandle, 'result'>): Promise<Error> {
  const thrown: unknown = await handle.result().then(
    () => new Error('the workflow did not fail'),
    (reason: unknown) => reason,
  );
  if (thrown instanceof WorkflowFailedError && thrown.cause !== undefined) return thrown.cause;
  throw thrown;
}

/** What the Temporal UI shows of a run besides its history. */
export async function shownOf(handle: Pick<WorkflowHandle, 'describe' | 'query'>) {
  const [description, metadata] = await Promise.all([
    handle.describe(),
    handle.query<unknown>('__temporal_workflow_metadata'),
  ]);
  return {
    status: description.status.name,
    memo: description.memo,
    outcome: description.typedSearchAttributes.get(outcomeAttribute),
    date: description.typedSearchAttributes.get(dateAttribute),
    details: z.object({ currentDetails: z.string() }).parse(metadata).currentDetails,
  };
}
