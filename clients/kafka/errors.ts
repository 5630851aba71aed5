import { DaybreakError, type ErrorCode, messageOf } from '../../domain/errors';

/** What kafkajs throws if a broker cannot be reached or went away. */
const UNREACHABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
]);

/** The message of kafkajs's plain error if a broker took the connection and then said nothing. */
const SILENT_BROKER = 'Broker not connected';

/** The protocol's names for a transactional producer whose id was taken over by another producer. */
const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']);

const REMEDY: Partial<Record<ErrorCode, string>> = {
  KAFKA_UNREACHABLE: 'Start Kafka (a local one: npx daybreak up), or correct KAFKA_BROKERS.',
  SHARD_FENCED: 'Nothing is lost or doubled: let the newer owner go on, or start this one again to take over.',
  KAFKA_REFUSED: "Read the broker's log; the topic's settings or this client's rights may forbid it.",
};

const START_ITS_BROKER = 'It has one again when a broker that has its newest records is back: start that broker.';

/**
 * Turns whatever kafkajs throws into KAFKA_UNREACHABLE, SHARD_FENCED or KAFKA_REFUSED. `doing` completes 'Kafka failed
 * …'.
 */
export function kafkaError(thrown: unknown, doing: string, brokers: readonly string[]): DaybreakError {
  if (thrown instanceof DaybreakError) return thrown;
  const chain = causes(thrown);
  const protocol = chain.map(protocolType).find((type) => type !== undefined);
  const code = codeOf(chain, protocol);
  const noLeader = chain.find(isWithoutLeader);
  const why = noLeader === undefined ? (protocol ?? messageOf(chain.at(-1))) : messageOf(noLeader);
  return new DaybreakError(code, {
    what: `Kafka at ${brokers.join(', ')} failed ${doing}: ${why}`,
    remedy: noLeader === undefined ? (remedyOf(chain, why) ?? REMEDY[code] ?? '') : START_ITS_BROKER,
    cause: thrown,
  });
}

/** The remedy for problems with names, passwords and certificates. */
function remedyOf(chain: readonly unknown[], why: string): string | undefined {
  if (chain.some((link) => link instanceof Error && link.name === 'KafkaJSSASLAuthenticationError')) {
    return 'Correct KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.';
  }
  if (!/certificate|\bSSL|\bTLS/i.test(why)) return undefined;
  return 'Set KAFKA_TLS_CA_FILE to the authority of the brokers’ certificates, and KAFKA_TLS to whether they use TLS.';
}

/** Whether a broker refused a batch because of its size. */
export function isTooLarge(thrown: unknown): thrown is DaybreakError {
  if (!(thrown instanceof DaybreakError)) return false;
  return causes(thrown).some((link) =>
    ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].includes(protocolType(link) ?? ''),
  );
}

/** Whether a partition has no leader, so that nobody can read or write it. */
export function hasNoLeader(thrown: DaybreakError): boolean {
  return causes(thrown).some(isWithoutLeader);
}

/** Whether a broker answered that it cannot do this yet, for example because a coordinator is still loading. */
export function isNotReady(thrown: unknown): boolean {
  return causes(thrown).some((link) => protocolType(link) !== undefined && isRetriable(link));
}

/** The protocol's name of the error, for example UNKNOWN_TOPIC_OR_PARTITION, if a broker gave one. */
export function protocolType(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'type' in thrown && typeof thrown.type === 'string' ? thrown.type : undefined;
}

/** Whether a broker answered that another producer has taken the transactional id over, or that the id's time was over. */
export function isFenced(thrown: unknown): boolean {
  return FENCED.has(protocolType(thrown) ?? '');
}

function codeOf(chain: readonly unknown[], protocol: string | undefined): ErrorCode {
  if (protocol !== undefined && FENCED.has(protocol)) return 'SHARD_FENCED';
  // UNKNOWN means that a broker failed internally. It has not refused the request.
  const lost = protocol === 'UNKNOWN' || chain.some(isUnreachable);
  // A broker that answers with a retriable error until the client's time limit counts as unreachable.
  return lost || (protocol !== undefined && chain.some(isRetriable)) ? 'KAFKA_UNREACHABLE' : 'KAFKA_REFUSED';
}

function isUnreachable(link: unknown): boolean {
  return link instanceof Error && (UNREACHABLE.has(link.name) || link.message === SILENT_BROKER);
}

function isWithoutLeader(link: unknown): boolean {
  return protocolType(link) === 'LEADER_NOT_AVAILABLE';
}

function isRetriable(link: unknown): boolean {
  return link instanceof Error && 'retriable' in link && link.retriable === true;
}

/** The error and all its causes, outermost first. */
function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let link = thrown; link !== undefined && !chain.includes(link);) {
    chain.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return chain;
}
