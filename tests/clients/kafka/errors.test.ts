import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { isTooLarge, kafkaError } from '../../../clients/kafka/errors';
import { KafkaTopics } from '../../../clients/kafka/topics';

const BROKERS = ['127.0.0.1:1'];

/** An error as kafkajs makes it from a broker's answer. */
function protocolError(type: string, retriable: boolean): KafkaJSProtocolError {
  return Object.assign(new KafkaJSProtocolError(new Error(type)), { type, retriable });
}

describe('kafkaError', () => {
  it.each([
    ['INVALID_PRODUCER_EPOCH', false, 'SHARD_FENCED'],
    ['COORDINATOR_LOAD_IN_PROGRESS', true, 'KAFKA_UNREACHABLE'],
    ['UNKNOWN', false, 'KAFKA_UNREACHABLE'],
    ['TOPIC_AUTHORIZATION_FAILED', false, 'KAFKA_REFUSED'],
  ])('reports %s as %s', (type, retriable, code) => {
    expect(kafkaError(protocolError(type, retriable), 'writing to t', BROKERS).code).toBe(code);
  });

  it('reports a broker that is away with its address, however deep the cause', () => {
    const inner = new KafkaJSConnectionError('connect ECONNREFUSED');
    const outer = new KafkaJSNumberOfRetriesExceeded(inner, { retryCount: 3, retryTime: 1 });
    expect(kafkaError(outer, 'connecting', BROKERS)).toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      what: 'Kafka at 127.0.0.1:1 failed connecting: connect ECONNREFUSED',
      cause: outer,
    });
  });

  it('reports a broker that says nothing as away', () => {
    expect(kafkaError(new Error('Broker not connected'), 'listing', BROKERS).code).toBe('KAFKA_UNREACHABLE');
  });

  it('leaves its own errors as they are', () => {
    const own = kafkaError(new Error('x'), 'connecting', BROKERS);
    expect(kafkaError(own, 'again', BROKERS)).toBe(own);
  });
});

describe('isTooLarge', () => {
  it('sees the size behind a refusal', () => {
    expect(isTooLarge(kafkaError(protocolError('MESSAGE_TOO_LARGE', false), 'writing', BROKERS))).toBe(true);
    expect(isTooLarge(kafkaError(protocolError('INVALID_RECORD', false), 'writing', BROKERS))).toBe(false);
  });
});

describe('KafkaTopics.connect', () => {
  it('reports a broker that is down within seconds', async () => {
    const start = Date.now();
    await expect(KafkaTopics.connect({ brokers: BROKERS })).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(Date.now() - start).toBeLessThan(8_000);
  });
});
