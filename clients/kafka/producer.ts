import { CompressionTypes, type Message, Partitioners, type Producer } from 'kafkajs';
import { kafkaOf, RETRY } from './connection';
import { kafkaError } from './errors';
import type { KafkaOptions } from './options';

/** kafkajs takes quadratic time in the messages of one call. */
const PIECE = 500;

/** Writes each message once where the call succeeds, gzip, acknowledged by all in-sync replicas. */
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
      // A request that is tried again, since its answer was lost, must not write its messages twice.
      idempotent: true,
      maxInFlightRequests: 1,
      // A partition that was just made may be without a leader for some seconds.
      retry: { ...RETRY, retries: 10 },
      // Java's choice of partition for a key, named so that kafkajs need not warn of its change of defaults.
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
   * Resolves when every message is acknowledged. Their order within a partition is kept. Let each name its partition:
   * where one does not, kafkajs chooses anew each time it tries, and the broker then refuses the sequence.
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
