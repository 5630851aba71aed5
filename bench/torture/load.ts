import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { businessDateOf, dayInterval, type BusinessDate } from '../../domain/business-date';
import { generateFeed } from '../../scripts/feed/generate';
import { damagedHello } from '../../scripts/feed/hello-events';
import { dayInstants } from '../../scripts/feed/instants';
import { hourOf, localTimeFormatter } from '../../scripts/feed/local-time';
import type { OwnPipeline } from '../../tests/integration/support/own-pipeline';

export const ZONE = 'Asia/Seoul';
/** Events a second of today, unless said otherwise. */
const RATE = 20;
/** As many as reach each partition. */
const NEXT = 20;
/** Kafka refuses a batch of more than 1 MiB. Without this limit, one would come after a long outage. */
const MOST_AT_ONCE = 5_000;
const PERIOD_MILLISECONDS = 200;
const FIRST_ID = 1_000_000;
const HOUR = 3_600_000;
const EVENTS_OF_DAY = 2_000;

interface LoadRecord {
  readonly text: string;
  /** %Y%m%d.%H of its file. */
  readonly hour: string;
}

/** Of the stream's events: every 50th is one that no reader may accept. */
export const isBad = (id: number): boolean => id % 50 === 0;

/** Every 30th event of the stream is an hour late, but never of yesterday: a round seals that day while the stream runs. */
export function instantOf(id: number, now: number): number {
  if (id % 30 !== 0) return now;
  const { start } = dayInterval(businessDateOf(new Date(now), ZONE), ZONE);
  return Math.max(now - HOUR, Date.parse(start));
}

/** One pipeline's events: a steady stream of today, and whole days. Both go to Kafka and to hourly files. */
export class Load {
  readonly pipeline: OwnPipeline;
  /** Each acknowledged event of the stream and of the days, a line each. Events may be in Kafka more than once. */
  readonly acknowledged: string;
  readonly #producer: Producer;
  readonly #time = localTimeFormatter(ZONE);
  readonly #rate: number;
  #streaming: Promise<void> | undefined;
  #stays = false;
  #id = FIRST_ID;
  #sent = 0;

  private constructor(pipeline: OwnPipeline, producer: Producer, logs: string, rate: number) {
    this.pipeline = pipeline;
    this.#producer = producer;
    this.#rate = rate;
    this.acknowledged = join(logs, `acknowledged-${pipeline.name}.txt`);
  }

  /** @param rate events a second of the stream. */
  static async connect(
    pipeline: OwnPipeline,
    brokers: readonly string[],
    logs: string,
    rate: number = RATE,
  ): Promise<Load> {
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, requestTimeout: 5_000 });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await mkdir(pipeline.input, { recursive: true });
    return new Load(pipeline, producer, logs, rate);
  }

  /** How many events Kafka has acknowledged. */
  get sent(): number {
    return this.#sent;
  }

  /** The ids of the good ones among the stream's next events. They are enough to reach each partition. */
  nextIds(): number[] {
    return Array.from({ length: NEXT }, (_, index) => this.#id + index).filter((id) => !isBad(id));
  }

  /** The ids of the stream's events so far: from the first up to, and without, the second. */
  get streamed(): readonly [number, number] {
    return [FIRST_ID, this.#id];
  }

  start(): void {
    this.#stays = true;
    this.#streaming = this.#stream();
  }

  async stop(): Promise<void> {
    this.#stays = false;
    await this.#streaming;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#producer.disconnect();
  }

  async #stream(): Promise<void> {
    const [began, first] = [performance.now(), this.#id];
    while (this.#stays) {
      const all = first + 1 + Math.floor(((performance.now() - began) / 1_000) * this.#rate);
      const due = Math.min(all, this.#id + MOST_AT_ONCE);
      const events = Array.from({ length: due - this.#id }, () => this.#event());
      await this.#toFiles(events);
      await this.#toKafka(events);
      await sleep(PERIOD_MILLISECONDS);
    }
  }

  #event(): LoadRecord {
    const id = this.#id++;
    const time = this.#time(instantOf(id, Date.now()));
    const event = { hello: 'live', id, time };
    return { text: isBad(id) ? damagedHello(event, id / 50) : JSON.stringify(event), hour: hourOf(time) };
  }

  /**
   * A whole day, with duplicates, late and bad records, and marks in each hour by which a reader sees who serves it. One
   * mark comes twice, to Kafka and to the files: realtime serves it twice, and the batch once. Another is in the files
   * alone.
   *
   * @param destinations `files`: nothing of the day goes to Kafka.
   */
  async writeDay(date: BusinessDate, seed: number, destinations: 'both' | 'files'): Promise<void> {
    const shares = { duplicates: 0.02, late: 0.01, bad: 0.005, maximumDelay: 3 * HOUR };
    const instants = dayInstants(date, ZONE, EVENTS_OF_DAY, 'even');
    const records = [...generateFeed({ seed, timeZone: ZONE, ...shares }, instants)];
    const twice = this.#marks(date, 'mark-twice').flatMap((mark) => [mark, mark]);
    await this.#toFiles([...records.filter(({ toFile }) => toFile), ...twice]);
    await this.writeLate(date, 1);
    if (destinations === 'files') return;
    await this.#toKafka([...records.filter(({ toKafka }) => toKafka), ...twice]);
  }

  /** A late record in each hour's file. */
  async writeLate(date: BusinessDate, generation: number): Promise<void> {
    await this.#toFiles(this.#marks(date, `mark-late-${generation}`));
  }

  #marks(date: BusinessDate, hello: string): LoadRecord[] {
    return [...dayInstants(date, ZONE, 24, 'even')].map((instant, id) => {
      const time = this.#time(instant);
      return { text: JSON.stringify({ hello, id, time }), hour: hourOf(time) };
    });
  }

  async #toFiles(records: readonly { readonly text: string; readonly hour: string }[]): Promise<void> {
    const files = new Map<string, string>();
    for (const { text, hour } of records) files.set(hour, `${files.get(hour) ?? ''}${text}\n`);
    for (const [hour, lines] of files) await appendFile(join(this.pipeline.input, `names.${hour}.json`), lines);
  }

  /** Sends until Kafka acknowledges. */
  async #toKafka(records: readonly { readonly text: string }[]): Promise<void> {
    const messages = records.map(({ text }) => ({ value: text }));
    for (;;) {
      try {
        await this.#producer.send({ topic: this.pipeline.topic, messages });
        break;
      } catch {
        await sleep(500); // Kafka is away.
      }
    }
    this.#sent += records.length;
    await appendFile(this.acknowledged, records.map(({ text }) => `${text}\n`).join(''));
  }
}
