import { KAFKAJS_MODULES } from './kafkajs-modules';
import { withoutLeader } from './without-leader';

/** An answer to a request for metadata. Error codes are the protocol's, 0 if there is none. */
export interface Metadata {
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      /** -1 if it has none. */
      readonly leader: number;
    }[];
  }[];
}

interface Exchange {
  readonly request: unknown;
  readonly response: {
    readonly decode: (data: Buffer) => Promise<Metadata>;
    /** Throws the answer's first error. */
    readonly parse: (decoded: Metadata) => Promise<Metadata>;
  };
}

/** Of kafkajs: how metadata is asked for in a version of the protocol. */
export interface MetadataRequests {
  protocol: (version: { readonly version: number }) => (options: object) => Exchange;
}

/** Of kafkajs: a broker that is asked for the metadata of topics. */
export interface MetadataBroker {
  metadata(topics: readonly string[]): Promise<Metadata>;
}

/** Of kafkajs: the brokers of a cluster. */
export interface BrokerPool {
  /** Asks for the metadata of topics, and keeps it and the brokers that it names. */
  refreshMetadata(topics: readonly string[]): Promise<void>;
  findConnectedBroker(): Promise<MetadataBroker>;
}

/** Of kafkajs: what a cluster does with metadata. */
export interface MetadataCluster {
  readonly brokerPool: BrokerPool;
  metadata: (this: MetadataCluster, options?: { readonly topics?: readonly string[] }) => Promise<Metadata>;
  /** The partitions of a topic by the number of their leader. */
  findLeaderForPartitions: (
    this: MetadataCluster,
    topic: string,
    partitions: readonly (number | string)[],
  ) => Readonly<Record<string, readonly number[]>>;
}

/** Its number if a partition has none. */
const NO_LEADER = '-1';

let isMended = false;

/**
 * kafkajs 2.2.4 throws away the whole metadata if there is an error of a single partition: if one partition has no
 * leader, nobody can read the others. With this, it throws the errors of topics alone. `leaderOf` throws where a partition
 * without a leader is asked for. So does kafkajs's own search, for its producer: it would look for a broker of number -1.
 */
export function mendMetadata(): void {
  if (isMended) return;
  isMended = true;
  mendRequests(KAFKAJS_MODULES['kafkajs/src/protocol/requests/metadata'] as MetadataRequests);
  const { prototype } = KAFKAJS_MODULES['kafkajs/src/cluster'] as { readonly prototype: MetadataCluster };
  mendLeaderSearch(prototype);
  mendDescription(prototype);
}

function mendRequests(metadata: MetadataRequests): void {
  const { protocol } = metadata;
  metadata.protocol = ({ version }) => {
    const exchangeOf = protocol({ version });
    return (options) => {
      const { request, response } = exchangeOf(options);
      return { request, response: { ...response, parse: (decoded) => throwsOfTopics(response, decoded) } };
    };
  };
}

function mendLeaderSearch(prototype: MetadataCluster): void {
  const search = prototype.findLeaderForPartitions;
  prototype.findLeaderForPartitions = function (this: MetadataCluster, topic, partitions) {
    const byLeader = search.call(this, topic, partitions);
    const partition = byLeader[NO_LEADER]?.[0];
    if (partition !== undefined) throw withoutLeader(topic, partition);
    return byLeader;
  };
}

/**
 * kafkajs asks twice, and makes null of an error of the second answer. It asks only once within a millisecond. With this,
 * each error is thrown.
 */
function mendDescription(prototype: MetadataCluster): void {
  prototype.metadata = async function (this: MetadataCluster, { topics = [] } = {}) {
    await this.brokerPool.refreshMetadata(topics);
    // Another call may have replaced what is kept.
    const broker = await this.brokerPool.findConnectedBroker();
    return await broker.metadata(topics);
  };
}

async function throwsOfTopics({ parse }: Exchange['response'], decoded: Metadata): Promise<Metadata> {
  await parse({
    ...decoded,
    topicMetadata: decoded.topicMetadata.map((topic) => ({ ...topic, partitionMetadata: [] })),
  });
  return decoded;
}
