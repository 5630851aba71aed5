import { resolve } from 'node:path';
import * as z from 'zod';
import { DaybreakError } from '../domain/errors';
import { portsFrom } from '../domain/ports';
import type { Layer } from '../domain/task-queues';

/** Where the servers and the folders are; what the pipelines are is in their folders. */
export interface Config {
  /** Address and namespace are defaults: the standard TEMPORAL_* variables and profiles win. */
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  readonly kafka: { readonly brokers: readonly string[] };
  readonly druid: { readonly coordinatorUrl: string; readonly brokerUrl: string };
  /** Absolute path of the folder with one folder a pipeline. */
  readonly pipelines: string;
  /** Absolute path; a pipeline's hourly files are in <data>/<pipeline>/input, its outputs in <data>/<pipeline>/output. */
  readonly data: string;
  /** Where a worker listens for metrics, and on the port after it for its health; 127.0.0.1 unless told otherwise. */
  readonly workerHost: string;
  readonly workerPort: number;
  readonly worker: {
    /** `fixed`: always up to `slots` activities at once; `resources`: up to so many, and fewer while the machine is busy. */
    readonly tuner: 'fixed' | 'resources';
    readonly slots: Readonly<Record<Layer, number>>;
  };
  /** Of each day's build, several of which may run at once; undefined is the build's default. */
  readonly build: { readonly memoryMebibytes: number | undefined; readonly threads: number | undefined };
  /** How Druid reaches the worker's published rows over HTTP; absent where both share the data folder under one path. */
  readonly outputServer?: { readonly url: string; readonly token: string };
}

const text = z.string().min(1).optional();
const port = z.coerce.number().int().min(1024).max(65_000).optional();
const url = z.url().optional();
/** Two at least: what waits for something must not keep it from running. */
const slots = z.coerce.number().int().min(2).max(1_000);

const environmentSchema = z.object({
  DAYBREAK_PORT_BASE: port,
  DAYBREAK_PIPELINES: text,
  DAYBREAK_DATA: text,
  DAYBREAK_WORKER_HOST: text,
  DAYBREAK_WORKER_PORT: port,
  DAYBREAK_WORKER_TUNER: z.enum(['fixed', 'resources']).default('fixed'),
  DAYBREAK_BATCH_SLOTS: slots.default(8),
  DAYBREAK_SPEED_SLOTS: slots.default(64),
  DAYBREAK_BUILD_MEMORY: z.coerce.number().int().min(128).optional(),
  DAYBREAK_BUILD_THREADS: z.coerce.number().int().min(1).max(1_000).optional(),
  TEMPORAL_ADDRESS: text,
  TEMPORAL_NAMESPACE: text,
  TEMPORAL_UI_URL: url,
  KAFKA_BROKERS: text,
  DRUID_COORDINATOR_URL: url,
  DRUID_BROKER_URL: url,
  DAYBREAK_OUTPUT_URL: url,
  DAYBREAK_OUTPUT_TOKEN: z.string().min(16).optional(),
});

/** Reads the environment once, at startup. Throws BAD_CONFIGURATION naming the variable and its value. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: `the environment variable ${name} is '${environment[name] ?? ''}': ${issue?.message ?? ''}`,
      remedy: `Correct ${name}, or unset it for the default.`,
    });
  }
  const given = parsed.data;
  const ports = portsFrom(given.DAYBREAK_PORT_BASE);
  const local = (number: number): string => `http://127.0.0.1:${number}`;
  return {
    temporal: {
      address: given.TEMPORAL_ADDRESS ?? `127.0.0.1:${ports.temporal}`,
      namespace: given.TEMPORAL_NAMESPACE ?? 'default',
      uiUrl: given.TEMPORAL_UI_URL ?? local(ports.temporalUi),
    },
    kafka: { brokers: (given.KAFKA_BROKERS ?? `127.0.0.1:${ports.kafka}`).split(',') },
    druid: {
      coordinatorUrl: given.DRUID_COORDINATOR_URL ?? local(ports.druidCoordinator),
      brokerUrl: given.DRUID_BROKER_URL ?? local(ports.druidBroker),
    },
    pipelines: resolve(given.DAYBREAK_PIPELINES ?? 'pipelines'),
    data: resolve(given.DAYBREAK_DATA ?? '.daybreak/data'),
    workerHost: given.DAYBREAK_WORKER_HOST ?? '127.0.0.1',
    workerPort: given.DAYBREAK_WORKER_PORT ?? ports.worker,
    worker: {
      tuner: given.DAYBREAK_WORKER_TUNER,
      slots: { batch: given.DAYBREAK_BATCH_SLOTS, speed: given.DAYBREAK_SPEED_SLOTS },
    },
    build: { memoryMebibytes: given.DAYBREAK_BUILD_MEMORY, threads: given.DAYBREAK_BUILD_THREADS },
    ...outputServerOf(given),
  };
}

function outputServerOf({
  DAYBREAK_OUTPUT_URL: url,
  DAYBREAK_OUTPUT_TOKEN: token,
}: z.infer<typeof environmentSchema>): Pick<Config, 'outputServer'> {
  if (url === undefined) return {};
  if (token !== undefined) return { outputServer: { url, token } };
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `DAYBREAK_OUTPUT_URL is '${url}', but DAYBREAK_OUTPUT_TOKEN is not set`,
    remedy: 'Set it to a secret of 16 characters or more, the same for every worker.',
  });
}
