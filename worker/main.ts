import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { createBatchActivities, createSpeedLayerActivities } from '../activities';
import { servedByWorker, sharedPath } from '../activities/batch/input-source';
import { createDruidClient } from '../clients/druid';
import { QUEUES_OF_LAYER, TASK_QUEUES, type Layer } from '../domain/task-queues';
import { pipelineNames } from '../engines/pipeline/pipelines-folder';
import type { SparkProgram } from '../engines/spark/spark-program';
import type { Config } from './config';
import { connectOptions, temporalUi, unreachable, workerConverterOf } from './connect';
import { typedFailures } from './failures';
import { startOutputServer } from './output-server';
import { createMetrics, measured, type Metrics } from './metrics';
import { installRuntime } from './runtime';
import { allMade, runAll, shutDown } from './several-workers';
import { temporalFailure } from './temporal-failure';
import { tuning } from './tuning';
import { workflowBundle } from './workflow-bundle';
import { createOperateActivities } from '../activities/operate';

export interface WorkerOptions {
  readonly config: Config;
  /** The layers whose task queues this process serves. */
  readonly layers: readonly Layer[];
  readonly logger: Logger;
  /** For pipelines whose batch.engine is spark. Default: none, and their builds fail with MISSING_TOOL. */
  readonly findSpark?: () => Promise<SparkProgram>;
  /** Aborting it drains the running activities and ends the worker. */
  readonly signal: AbortSignal;
  /** Called once every task queue is served, unless the signal has aborted. */
  readonly onReady: () => void;
  /** Called once the task queues are not served any more: the signal has aborted, or one of them has failed. */
  readonly onDraining?: () => void;
}

/** Serves the task queues until the signal aborts. The only place where clients, activities and workflows meet. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { config, layers, logger, signal, onReady, onDraining } = options;
  installRuntime(config, logger);
  const metrics = createMetrics(Runtime.instance().metricMeter);
  if (layers.includes('batch')) (await pipelineNames(config.pipelines)).forEach(metrics.begin);
  const { connection, namespace } = await connectWorker(config);
  const outputServer = layers.includes('batch') ? await serveOutput(config, logger) : undefined;
  try {
    const dataConverter = workerConverterOf(config);
    const bundle = await workflowBundle(dataConverter, logger, signal).catch((thrown: unknown) => {
      // Ctrl-C also ends the process that makes it.
      if (!signal.aborted) throw thrown;
    });
    if (bundle === undefined) return;
    const workers = await allMade(
      layers.flatMap((layer) => {
        const activities = {
          ...activitiesOf(layer, options, metrics),
          ...(layer === 'batch' && createOperateActivities({ ...config, temporal: temporalUi(config) })),
        };
        return QUEUES_OF_LAYER[layer].map((queue) =>
          Worker.create({
            ...tuning(queue, config.worker),
            ...{ connection, namespace, workflowBundle: bundle, dataConverter, activities },
            taskQueue: TASK_QUEUES[queue],
            interceptors: {
              activity: [() => ({ inbound: measured(metrics) }), () => ({ inbound: typedFailures })],
            },
            // Time for an open transaction to commit or abort, and for a build to stop at its next row group.
            shutdownGraceTime: '10 seconds',
          }),
        );
      }),
    );
    const running = runAll(workers, onDraining);
    const drain = (): void => {
      shutDown(workers);
    };
    signal.addEventListener('abort', drain, { once: true });
    if (signal.aborted) drain();
    else onReady();
    await running;
  } finally {
    outputServer?.close();
    await connection.close().catch((thrown: unknown) => {
      // It must not hide why the worker ends.
      logger.warn({ err: thrown }, 'the connection to Temporal is not closed');
    });
  }
}

/** Only if Druid is to read from this worker. The URL is how Druid sees this machine. Only its port is used here. */
async function serveOutput({ data, outputServer }: Config, logger: Logger): Promise<Server | undefined> {
  if (outputServer === undefined) return undefined;
  const { port, protocol } = new URL(outputServer.url);
  const number = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);
  const { host, token } = outputServer;
  logger.info({ host: host ?? 'every address', port: number }, 'published rows are served');
  return startOutputServer({ data, host, port: number, token, logger });
}

/**
 * The worker's own connection. Throws TEMPORAL_UNREACHABLE, or TEMPORAL_REFUSED if there is no such namespace: the SDK
 * would try it for minutes without a word.
 */
async function connectWorker(
  config: Config,
): Promise<{ readonly connection: NativeConnection; readonly namespace: string }> {
  const { connectionOptions, namespace } = connectOptions(config);
  const { address } = connectionOptions;
  const connection = await NativeConnection.connect(connectionOptions).catch((cause: unknown) => {
    throw unreachable(address, cause);
  });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return { connection, namespace };
  } catch (thrown) {
    await connection.close();
    throw temporalFailure(thrown, { address, namespace });
  }
}

function activitiesOf(layer: Layer, { config, logger, findSpark }: WorkerOptions, metrics: Metrics): object {
  const { pipelines, data, kafka } = config;
  const druid = createDruidClient(config.druid);
  const kafkaOfDruid = config.druid.kafka;
  switch (layer) {
    case 'batch':
      return createBatchActivities({
        druid,
        kafkaOfDruid,
        pipelines,
        data,
        findSpark,
        build: config.build,
        inputSource: config.outputServer === undefined ? sharedPath : servedByWorker(config.outputServer),
      });
    case 'speed':
      return createSpeedLayerActivities({
        ...{ druid, kafka, kafkaOfDruid, pipelines, data, logger },
        onProgress: metrics.speedProgress,
        onCommitted: metrics.speedCommitted,
      });
  }
}
