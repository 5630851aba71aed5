import type { KafkaProducer } from '../../clients/kafka/producer';
import type { FeedRecord } from './generate';
import { appendToFiles, type HourlyFileNames } from './hourly-files';
import { FeedTally } from './tally';

export interface KafkaSink {
  readonly producer: KafkaProducer;
  readonly topic: string;
  readonly partitions: number;
}

export interface FileSink {
  readonly folder: string;
  readonly names: HourlyFileNames;
}

/** Delivers records to Kafka, to the files, or to both, and counts them. */
export class FeedSinks {
  readonly tally = new FeedTally();
  #sent = 0;
  readonly #kafka: KafkaSink | undefined;
  readonly #files: FileSink | undefined;

  constructor(kafka: KafkaSink | undefined, files: FileSink | undefined) {
    this.#kafka = kafka;
    this.#files = files;
  }

  async write(records: readonly FeedRecord[]): Promise<void> {
    await Promise.all([this.#send(records), this.#append(records)]);
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

  async #append(records: readonly FeedRecord[]): Promise<void> {
    if (this.#files !== undefined) await appendToFiles(this.#files.folder, this.#files.names, records);
  }
}
