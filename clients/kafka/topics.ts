import type { Admin, PartitionMetadata } from 'kafkajs';
import { kafkaOf } from './connection';
import { kafkaError, protocolType } from './errors';
import type { KafkaOptions } from './options';
import { whileNotReady } from './while-not-ready';
import { withoutLeader } from './without-leader';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** The topic's own settings, for example { 'retention.ms': '604800000' }. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Offsets of a partition (below 2^53): records from `low` on exist, and the next record gets the offset `high`. */
export interface PartitionOffsets {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** Topics, offsets and groups, with one connection. Every method throws KAFKA_UNREACHABLE or KAFKA_REFUSED. */
export class KafkaTopics {
  readonly #admin: Admin;
  readonly #brokers: readonly string[];

  private constructor(admin: Admin, brokers: readonly string[]) {
    this.#admin = admin;
    this.#brokers = brokers;
  }

  static async connect(options: KafkaOptions): Promise<KafkaTopics> {
    const topics = new KafkaTopics(kafkaOf(options).admin(), options.brokers);
    await topics.#run('connecting', (admin) => admin.connect());
    return topics;
  }

  /** Creates absent topics and leaves existing ones unchanged. Returns the names of the created topics. */
  async ensure(specs: readonly TopicSpec[]): Promise<string[]> {
    const absent: TopicSpec[] = [];
    for (const spec of specs) if ((await this.partitionsOf(spec.topic)) === 0) absent.push(spec);
    if (absent.length === 0) return [];
    await this.#run(`creating ${absent.map(({ topic }) => topic).join(', ')}`, (admin) =>
      admin.createTopics({
        waitForLeaders: false, // kafkajs does not see that one is missing any more.
        topics: absent.map(({ topic, partitions, settings = {} }) => ({
          topic,
          numPartitions: partitions,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        })),
      }),
    );
    for (const { topic } of absent) {
      await this.#run(`waiting for the leaders of ${topic}`, (admin) => allWithLeader(admin, topic));
    }
    return absent.map(({ topic }) => topic);
  }

  /** The number of the topic's partitions; 0 if there is no such topic. */
  async partitionsOf(topic: string): Promise<number> {
    return (await this.#run(`describing ${topic}`, (admin) => partitionsIn(admin, topic))).length;
  }

  /** Throws if no broker answers. It is an answer, too, that this client may not see the topic that it asks for. */
  async ask(): Promise<void> {
    await this.#run('answering', async (admin) => {
      try {
        await partitionsIn(admin, 'none');
      } catch (thrown) {
        if (protocolType(thrown) !== 'TOPIC_AUTHORIZATION_FAILED') throw thrown;
      }
    });
  }

  async offsetsOf(topic: string): Promise<PartitionOffsets[]> {
    const offsets = await this.#run(`reading the offsets of ${topic}`, async (admin) => {
      await allWithLeader(admin, topic);
      return await admin.fetchTopicOffsets(topic);
    });
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
      .sort((left, right) => left.partition - right.partition);
  }

  /** The next offset that the group reads, by partition. Partitions without a committed offset are absent. */
  async committedOffsets(group: string, topic: string): Promise<Map<number, number>> {
    const found = await this.#run(`reading the offsets of group ${group}`, (admin) =>
      admin.fetchOffsets({ groupId: group, topics: [topic] }),
    );
    const partitions = found.find((entry) => entry.topic === topic)?.partitions ?? [];
    return new Map(
      partitions
        .map(({ partition, offset }) => [partition, Number(offset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  async #run<T>(doing: string, call: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      return await whileNotReady(() => call(this.#admin));
    } catch (thrown) {
      throw kafkaError(thrown, doing, this.#brokers);
    }
  }
}

/** None if there is no such topic. It asks for this topic alone: the topics of others are none of its business. */
async function partitionsIn(admin: Admin, topic: string): Promise<readonly PartitionMetadata[]> {
  try {
    return await described(admin, topic);
  } catch (thrown) {
    // kafkajs takes this for an error that passes.
    if (protocolType(thrown) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw thrown;
    return [];
  }
}

/** Throws an error that may pass if there is no such topic, or if one of its partitions has no leader. */
async function allWithLeader(admin: Admin, topic: string): Promise<void> {
  const without = (await described(admin, topic)).find(({ leader }) => leader < 0);
  if (without !== undefined) throw withoutLeader(topic, without.partitionId);
}

async function described(admin: Admin, topic: string): Promise<readonly PartitionMetadata[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]?.partitions ?? [];
}
