import { Kafka, logLevel, type LogEntry, type logCreator } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster';
import { createLogger } from 'kafkajs/src/loggers';
import { connect } from 'node:net';
import { type KafkaLogger, type KafkaOptions, SILENT } from './options';

/**
 * A broker that is down is reported after about three seconds: who calls knows better than this client whether
 * to try again, and for how long.
 */
const RETRY = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 3 };
const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 15_000;

/** kafkajs with our time limits and our logger. Opens no connection yet. */
export function kafkaOf({ brokers, clientId = 'daybreak', logger = SILENT }: KafkaOptions): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: logTo(logger),
  });
}

/** The connections below kafkajs's consumers and producers, with sockets that do not wait for more to send. */
export function clusterOf({ brokers, clientId = 'daybreak', logger = SILENT }: KafkaOptions): Cluster {
  return new Cluster({
    brokers,
    clientId,
    logger: createLogger({ level: logLevel.INFO, logCreator: logTo(logger) }),
    socketFactory: ({ host, port, onConnect }) => connect({ host, port, noDelay: true, keepAlive: true }, onConnect),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    retry: RETRY,
  });
}

/** kafkajs logs as an error what it then throws or retries: for us only its warnings are news. */
function logTo(logger: KafkaLogger): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, ...attributes } }: LogEntry) => {
      const entry = { kafka: namespace, ...attributes };
      if (level === logLevel.WARN) logger.warn(entry, message);
      else logger.debug(entry, message);
    };
}
