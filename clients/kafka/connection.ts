import { Kafka, logLevel, type ISocketFactoryArgs, type LogEntry, type logCreator } from 'kafkajs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type KafkaLogger, type KafkaOptions, SILENT } from './options';
import { Cluster } from './transport';

/**
 * A broker that is down is reported after about three seconds. The caller knows better than this client whether to try
 * again, and for how long.
 */
export const RETRY = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 3 };
const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 15_000;
const AUTHENTICATION_TIMEOUT_MS = 10_000;

type Plain<T extends { ssl: unknown }> = Omit<T, 'ssl'> & { ssl?: T['ssl'] | null };

/** kafkajs's types say that `ssl` is always set; without TLS it is null. */
const socketFactory = ({ host, port, ssl, onConnect }: Plain<ISocketFactoryArgs>): Socket => {
  const options = { host, port, noDelay: true, keepAlive: true };
  if (!ssl) return connect(options, onConnect);
  // SNI takes host names, not IP addresses.
  return connectTls({ ...options, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect);
};

/** kafkajs with our time limits and our logger. Opens no connection yet. */
export function kafkaOf(options: KafkaOptions): Kafka {
  const { brokers, logger = SILENT } = options;
  return new Kafka({
    ...settingsOf(options),
    brokers: [...brokers],
    logLevel: logLevel.INFO,
    logCreator: logTo(logger),
  });
}

/**
 * The connections that kafkajs's consumers and producers use, with sockets that send at once instead of waiting for
 * more data.
 */
export function clusterOf(options: KafkaOptions): Cluster {
  return new Cluster({
    ...settingsOf(options),
    brokers: options.brokers,
    reauthenticationThreshold: AUTHENTICATION_TIMEOUT_MS,
    logger: kafkaOf(options).logger(),
    socketFactory,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
  });
}

/** The settings of both: client id, authentication and time limits. */
function settingsOf({ tls, sasl, clientId = 'daybreak' }: KafkaOptions) {
  return {
    clientId,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl }),
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
  };
}

/** kafkajs logs as an error what it then throws or retries. We log only its warnings. */
function logTo(logger: KafkaLogger): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, ...attributes } }: LogEntry) => {
      const entry = { kafka: namespace, ...attributes };
      if (level === logLevel.WARN) logger.warn(entry, message);
      else logger.debug(entry, message);
    };
}
