import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import { type KafkaOptions, SILENT } from './options';

/**
 * A broker that is down is reported after about three seconds: who calls knows better than this client whether
 * to try again, and for how long.
 */
const RETRY = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 3 };
const CONNECTION_TIMEOUT_MS = 3_000;

/** kafkajs with our time limits and our logger. Opens no connection yet. */
export function kafkaOf({ brokers, clientId = 'daybreak', logger = SILENT }: KafkaOptions): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logLevel.INFO,
    // kafkajs logs as an error what it then throws or retries: for us the first is news, the second is not.
    logCreator:
      () =>
      ({ namespace, level, log: { message, timestamp: _timestamp, ...attributes } }: LogEntry) => {
        const entry = { kafka: namespace, ...attributes };
        if (level === logLevel.WARN) logger.warn(entry, message);
        else logger.debug(entry, message);
      },
  });
}
