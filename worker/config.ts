import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import * as z from 'zod';
import type { DruidCluster } from '../clients/druid';
import type { KafkaCluster } from '../clients/kafka';
import type { Webhook } from '../clients/webhook';
import type { KafkaOfDruid } from '../domain/druid/consumer-properties';
import { DaybreakError, messageOf } from '../domain/errors';
import { httpUrl } from '../domain/http-url';
import { LEAST_PORT, MOST_PORT, portsFrom } from '../domain/ports';
import type { TaskQueue } from '../domain/task-queues';
import { listeningHost } from './addresses';
import { payloadKeys, type PayloadKeys } from './payload-keys';
import { refuseUnencrypted } from './unencrypted';

/** The addresses of the servers and the folders. The pipelines are configured in their folders. */
export interface Config {
  /** Address and namespace are defaults: the standard TEMPORAL_* variables and profiles take precedence. */
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  readonly kafka: KafkaCluster;
  readonly druid: DruidCluster & { readonly kafka: KafkaOfDruid };
  /** Encrypts what Temporal stores. Absent: no encryption. */
  readonly payloadKeys?: PayloadKeys;
  /** Whether unencrypted values from Temporal are refused. */
  readonly strictPayloads: boolean;
  /** Absolute path of the folder that has one folder for each pipeline. */
  readonly pipelines: string;
  /**
   * Absolute path. A pipeline's hourly files are in <data>/<pipeline>/input, its outputs in <data>/<pipeline>/output.
   */
  readonly data: string;
  /** The host on which a worker listens for metrics, and on the next port for its health. Default: 127.0.0.1. */
  readonly workerHost: string;
  readonly workerPort: number;
  readonly worker: {
    /**
     * `fixed`: always up to `slots` activities at once. `resources`: up to as many, but fewer while the machine is
     * busy.
     */
    readonly tuner: 'fixed' | 'resources';
    readonly slots: Readonly<Record<TaskQueue, number>>;
  };
  /** The limits of each day's build; several builds may run at once. Undefined: the build's default. */
  readonly build: { readonly memoryMebibytes: number | undefined; readonly threads: number | undefined };
  /** Where notices of pipelines are sent that name no webhooks themselves. */
  readonly webhooks: readonly Webhook[];
  /** Signs the notices in the format json. Absent: they are not signed. */
  readonly webhookSecret?: string;
  /** How Druid reads the worker's published rows over HTTP. Absent if both share the data folder under one path. */
  readonly outputServer?: {
    readonly url: string;
    readonly token: string;
    /** The address on which the worker listens; undefined for every address of its machine. */
    readonly host: string | undefined;
  };
}

const nonEmpty = z.string().min(1, 'it must not be empty');
const text = nonEmpty.optional();
const port = numberIn(`a port from ${LEAST_PORT} to ${MOST_PORT}`, LEAST_PORT, MOST_PORT).optional();
const url = httpUrl.optional();
/** Paths are added to it. */
const urlOfPages = httpUrl.transform((given) => given.replace(/\/+$/, '')).optional();
/** kafkajs would take a blank before an address, or no port, for a broker that is away. */
const brokers = z
  .string()
  .transform((list) => list.split(',').map((one) => one.trim()))
  .refine((list) => list.every(isBroker), 'it must be host:port, several of them separated by commas');
/** Temporal's SDK looks up no name: it would go on without metrics. */
const listening = z
  .string()
  .transform((host) => (host === 'localhost' ? '127.0.0.1' : host))
  .refine((host) => isIP(host) !== 0, 'it must be an IP address, such as 127.0.0.1, 0.0.0.0 or ::')
  .optional();
const flag = z.stringbool('it must be true or false');
/** The file's text. The variable holds its path. */
const contents = nonEmpty
  .transform((path, context) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (thrown) {
      context.addIssue(messageOf(thrown));
      return z.NEVER;
    }
  })
  .optional();
/** As Standard Webhooks write it, and as `openssl rand -base64 32` gives it. */
const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'it must be whsec_ and then 24 bytes or more in base64');
/** At least two: an activity that waits for something must not block the one that it waits for. */
const slots = numberIn('a whole number from 2 to 1000', 2, 1_000);

const environmentSchema = z.object({
  DAYBREAK_PORT_BASE: port,
  DAYBREAK_PIPELINES: text,
  DAYBREAK_DATA: text,
  DAYBREAK_WORKER_HOST: listening,
  DAYBREAK_WORKER_PORT: port,
  DAYBREAK_WORKER_TUNER: oneOf('fixed', 'resources').default('fixed'),
  DAYBREAK_BATCH_SLOTS: slots.default(8),
  DAYBREAK_BACKFILL_SLOTS: slots.default(4),
  DAYBREAK_SPEED_SLOTS: slots.default(64),
  DAYBREAK_BUILD_MEMORY: numberIn('a whole number of MiB, 128 or more', 128).optional(),
  DAYBREAK_BUILD_THREADS: numberIn('a whole number from 1 to 1000', 1, 1_000).optional(),
  TEMPORAL_ADDRESS: text,
  TEMPORAL_NAMESPACE: text,
  TEMPORAL_UI_URL: urlOfPages,
  KAFKA_BROKERS: brokers.optional(),
  KAFKA_TLS: flag.optional(),
  KAFKA_TLS_CA_FILE: contents,
  KAFKA_TLS_CERTIFICATE_FILE: contents,
  KAFKA_TLS_KEY_FILE: contents,
  KAFKA_SASL_MECHANISM: oneOf('plain', 'scram-sha-256', 'scram-sha-512').optional(),
  KAFKA_SASL_USERNAME: text,
  KAFKA_SASL_PASSWORD: text,
  DRUID_COORDINATOR_URL: url,
  DRUID_BROKER_URL: url,
  DRUID_USERNAME: text,
  DRUID_PASSWORD: text,
  DRUID_TLS_CA_FILE: contents,
  DRUID_KAFKA_TRUSTSTORE_FILE: text,
  DRUID_KAFKA_KEYSTORE_FILE: text,
  DAYBREAK_OUTPUT_URL: url,
  DAYBREAK_OUTPUT_HOST: text,
  DAYBREAK_OUTPUT_TOKEN: z.string().min(16, 'it must have 16 characters or more').optional(),
  DAYBREAK_WEBHOOK_URL: url,
  DAYBREAK_SLACK_URL: url,
  DAYBREAK_WEBHOOK_SECRET: webhookSecret.optional(),
  DAYBREAK_PAYLOAD_KEYS: payloadKeys.optional(),
  DAYBREAK_PAYLOAD_STRICT: flag.default(false),
  DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS: flag.default(false),
});
type Given = z.infer<typeof environmentSchema>;

/** @param what such as 'a port from 1024 to 65000', for the message. */
function numberIn(what: string, least: number, most = Number.MAX_SAFE_INTEGER) {
  const message = `it must be ${what}`;
  return z.coerce.number(message).int(message).min(least, message).max(most, message);
}

function isBroker(text: string): boolean {
  const [, host, port] = /^(\[[^\]\s]+\]|[^:\s/]+):(\d{1,5})$/.exec(text) ?? [];
  return host !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function oneOf<const T extends readonly string[]>(...names: T) {
  return z.enum(names, `it must be one of ${names.join(', ')}`);
}

/** Each may instead come from a file that <name>_FILE names. None is ever shown. */
const SECRETS = [
  ...['KAFKA_SASL_PASSWORD', 'DRUID_PASSWORD', 'DAYBREAK_OUTPUT_TOKEN', 'DAYBREAK_PAYLOAD_KEYS'],
  ...['DAYBREAK_WEBHOOK_URL', 'DAYBREAK_SLACK_URL', 'DAYBREAK_WEBHOOK_SECRET'],
];

/** Reads the environment once, at startup. Throws BAD_CONFIGURATION, which names the variable and its value. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = environmentSchema.safeParse({ ...environment, ...secretsOf(environment) });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    // A refused address may hold a password.
    const shown = isSecret(name) || name.endsWith('_URL') ? '' : ` is '${environment[name] ?? ''}'`;
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: `the environment variable ${name}${shown}: ${issue?.message ?? ''}`,
      remedy: `Correct ${name}, or unset it for the default.`,
    });
  }
  const given = parsed.data;
  const ports = portsFrom(given.DAYBREAK_PORT_BASE);
  const kafka = kafkaOf(given, ports.kafka);
  const local = (number: number): string => `http://127.0.0.1:${number}`;
  const druid = {
    coordinatorUrl: given.DRUID_COORDINATOR_URL ?? local(ports.druidCoordinator),
    brokerUrl: given.DRUID_BROKER_URL ?? local(ports.druidBroker),
    ...druidAccess(given),
  };
  refuseUnencrypted(given, kafka, druid);
  return {
    temporal: {
      address: given.TEMPORAL_ADDRESS ?? `127.0.0.1:${ports.temporal}`,
      namespace: given.TEMPORAL_NAMESPACE ?? 'default',
      uiUrl: given.TEMPORAL_UI_URL ?? local(ports.temporalUi),
    },
    kafka,
    druid: { ...druid, kafka: kafkaOfDruid(kafka, given) },
    ...payloadsOf(given),
    pipelines: resolve(given.DAYBREAK_PIPELINES ?? 'pipelines'),
    data: resolve(given.DAYBREAK_DATA ?? '.daybreak/data'),
    workerHost: given.DAYBREAK_WORKER_HOST ?? '127.0.0.1',
    workerPort: given.DAYBREAK_WORKER_PORT ?? ports.worker,
    worker: {
      tuner: given.DAYBREAK_WORKER_TUNER,
      slots: {
        batch: given.DAYBREAK_BATCH_SLOTS,
        backfill: given.DAYBREAK_BACKFILL_SLOTS,
        speed: given.DAYBREAK_SPEED_SLOTS,
      },
    },
    build: { memoryMebibytes: given.DAYBREAK_BUILD_MEMORY, threads: given.DAYBREAK_BUILD_THREADS },
    ...webhooksOf(given),
    ...outputServerOf(given),
  };
}

function isSecret(name: string): boolean {
  return SECRETS.some((secret) => secret === name);
}

/** The contents of the files that <name>_FILE names, by the names of the secrets. */
function secretsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of SECRETS) {
    const file = environment[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (environment[name] !== undefined) {
      throw new DaybreakError('BAD_CONFIGURATION', {
        what: `both ${name} and ${name}_FILE are set`,
        remedy: 'Unset one of them.',
      });
    }
    try {
      found[name] = readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw new DaybreakError('BAD_CONFIGURATION', {
        what: `${name}_FILE is '${file}', and this file cannot be read`,
        remedy: 'Correct the path, or let this process read the file.',
        cause,
      });
    }
  }
  return found;
}

/** Requires both of two variables that only make sense together. */
function together(first: string, one: unknown, second: string, other: unknown): void {
  if (one === undefined || other !== undefined) return;
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `${first} is set, but ${second} is not`,
    remedy: `Set both or neither.`,
  });
}

function kafkaOf(given: Given, port: number): KafkaCluster {
  const { KAFKA_TLS_CA_FILE: ca, KAFKA_TLS_CERTIFICATE_FILE: cert, KAFKA_TLS_KEY_FILE: key } = given;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = given;
  together('KAFKA_TLS_CERTIFICATE_FILE', cert, 'KAFKA_TLS_KEY_FILE', key);
  together('KAFKA_TLS_KEY_FILE', key, 'KAFKA_TLS_CERTIFICATE_FILE', cert);
  together('KAFKA_SASL_MECHANISM', mechanism, 'KAFKA_SASL_USERNAME', username);
  together('KAFKA_SASL_USERNAME', username, 'KAFKA_SASL_PASSWORD', password);
  together('KAFKA_SASL_PASSWORD', password, 'KAFKA_SASL_MECHANISM', mechanism);
  const tls = given.KAFKA_TLS ?? [ca, cert].some((text) => text !== undefined);
  return {
    brokers: given.KAFKA_BROKERS ?? [`127.0.0.1:${port}`],
    ...(tls && { tls: { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key: key ?? '' }) } }),
    ...(mechanism && { sasl: { mechanism, username: username ?? '', password: password ?? '' } }),
  };
}

function webhooksOf(given: Given): Pick<Config, 'webhooks' | 'webhookSecret'> {
  const { DAYBREAK_WEBHOOK_URL: json, DAYBREAK_SLACK_URL: slack, DAYBREAK_WEBHOOK_SECRET: secret } = given;
  const webhooks: Webhook[] = [];
  if (json !== undefined) webhooks.push({ variable: 'DAYBREAK_WEBHOOK_URL', url: json, format: 'json' });
  if (slack !== undefined) webhooks.push({ variable: 'DAYBREAK_SLACK_URL', url: slack, format: 'slack' });
  return { webhooks, ...(secret !== undefined && { webhookSecret: secret }) };
}

function payloadsOf(given: Given): Pick<Config, 'payloadKeys' | 'strictPayloads'> {
  const { DAYBREAK_PAYLOAD_KEYS: keys, DAYBREAK_PAYLOAD_STRICT: strictPayloads } = given;
  together('DAYBREAK_PAYLOAD_STRICT', strictPayloads || undefined, 'DAYBREAK_PAYLOAD_KEYS', keys);
  return { strictPayloads, ...(keys && { payloadKeys: keys }) };
}

function kafkaOfDruid({ brokers, tls, sasl }: KafkaCluster, given: Given): KafkaOfDruid {
  const { DRUID_KAFKA_TRUSTSTORE_FILE: truststoreFile, DRUID_KAFKA_KEYSTORE_FILE: keystoreFile } = given;
  return {
    brokers,
    ...(tls && {
      tls: {
        ...(truststoreFile !== undefined && { truststoreFile }),
        ...(keystoreFile !== undefined && { keystoreFile }),
      },
    }),
    ...(sasl && { sasl: { mechanism: sasl.mechanism } }),
  };
}

function druidAccess(given: Given): Pick<DruidCluster, 'auth' | 'ca'> {
  const { DRUID_USERNAME: username, DRUID_PASSWORD: password, DRUID_TLS_CA_FILE: ca } = given;
  together('DRUID_USERNAME', username, 'DRUID_PASSWORD', password);
  together('DRUID_PASSWORD', password, 'DRUID_USERNAME', username);
  return {
    ...(username !== undefined && password !== undefined && { auth: { username, password } }),
    ...(ca !== undefined && { ca }),
  };
}

function outputServerOf({
  DAYBREAK_OUTPUT_URL: url,
  DAYBREAK_OUTPUT_TOKEN: token,
  DAYBREAK_OUTPUT_HOST: given,
}: Given): Pick<Config, 'outputServer'> {
  if (url === undefined) return {};
  if (token !== undefined) {
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
    return { outputServer: { url, token, host: given ?? listeningHost(url, own) } };
  }
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `DAYBREAK_OUTPUT_URL is '${url}', but DAYBREAK_OUTPUT_TOKEN is not set`,
    remedy: 'Set it to a secret of 16 characters or more, the same for every worker.',
  });
}
