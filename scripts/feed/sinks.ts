import type { KafkaProducer } from '../../clients/kafka/producer';
import type { FileWriter } from './files/file-sink';
import type { FeedRecord } from './generate';
import { FeedTally } from './tally';

export interface KafkaSink {
  readonly producer: KafkaProducer;
  readonly topic: string;
  readonly partitions: number;
}

/** Delivers records to Kafka, to the files, or to both, and counts them. */
export class FeedSinks {
  readonly tally = new FeedTally();
  #sent = 0;
  readonly #kafka: KafkaSink | undefined;
  readonly #files: FileWriter | undefined;

  constructor(kafka: KafkaSink | undefined, files: FileWriter | undefined) {
    this.#kafka = kafka;
    this.#files = files;
  }

  /** How many files or objects have records. */
  get files(): number {
    return this.#files?.files ?? 0;
  }

  async write(records: readonly FeedRecord[]): Promise<void> {
    await Promise.all([this.#send(records), this.#files?.write(records)]);
    for (const record of records) this.tally.add(record);
  }

  async #send(records: readonly FeedRecord[]): Promise<void> {
    if (this.#kafka === undefined) return;
    const { producer, topic, partitions } = this.#kafka;
    const messages = records
      .filter(({ toKafka }) => toKafka)
      .map(({ text }) => ({ key: null, value: text, partition: this.#sent++ % partitions }));
    await producer.send(topic, messages);
  }
}
