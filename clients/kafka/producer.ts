import { CompressionTypes, type Message, Partitioners, type Producer } from 'kafkajs';
import { kafkaOf, RETRY } from './connection';
import { kafkaError } from './errors';
import type { KafkaOptions } from './options';

/** kafkajs takes quadratic time in the number of messages of one call. */
const PIECE = 500;

/** Writes each message exactly once if the call succeeds: gzip, acknowledged by all in-sync replicas. */
export class KafkaProducer {
  readonly #producer: Producer;
  readonly #brokers: readonly string[];

  private constructor(producer: Producer, brokers: readonly string[]) {
    this.#producer = producer;
    this.#brokers = brokers;
  }

  static async connect(options: KafkaOptions): Promise<KafkaProducer> {
    const producer = kafkaOf(options).producer({
      allowAutoTopicCreation: false,
      // A request that is retried because its answer was lost must not write its messages twice.
      idempotent: true,
      maxInFlightRequests: 1,
      // A new partition may be without a leader for some seconds.
      retry: { ...RETRY, retries: 10 },
      // The partitioner of Java's client. It is named so that kafkajs does not warn of its changed default.
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
    } catch (thrown) {
      throw kafkaError(thrown, 'connecting', options.brokers);
    }
    return new KafkaProducer(producer, options.brokers);
  }

  /**
   * Resolves when every message is acknowledged. Keeps their order within a partition. Each message should name its
   * partition: without one, kafkajs chooses a new one at each try, and the broker then refuses the sequence.
   */
  async send(topic: string, messages: readonly Message[]): Promise<void> {
    for (let start = 0; start < messages.length; start += PIECE) {
      try {
        await this.#producer.send({
          topic,
          messages: messages.slice(start, start + PIECE),
          compression: CompressionTypes.GZIP,
        });
      } catch (thrown) {
        throw kafkaError(thrown, `writing to ${topic}`, this.#brokers);
      }
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }
}
