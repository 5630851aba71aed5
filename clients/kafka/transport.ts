// kafkajs offers neither a fetch of chosen partitions nor a transaction without grouping messages one by one. For both
// we need only its connections, which are in modules below its public interface. kafkajs-modules.ts loads them, and
// request-queue.ts and metadata.ts mend three of them: an upgrade of kafkajs begins here, and `loadKafkajs` names the parts
// that are gone.
import type { ISocketFactory, Logger, RetryOptions, SASLOptions } from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';
import { DaybreakError } from '../../domain/errors';
import { KAFKAJS_MODULES, type KafkajsModules } from './kafkajs-modules';
import {
  type BrokerPool,
  mendMetadata,
  type MetadataBroker,
  type MetadataCluster,
  type MetadataRequests,
} from './metadata';
import { mendRequestQueue, type RequestQueue } from './request-queue';

/** Writes the types of Kafka's protocol one after the other. */
export interface Encoder {
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeInt64(value: number | string): this;
  writeString(value: string | null): this;
  writeBytes(value: Buffer): this;
  writeArray(values: readonly Encoder[]): this;
  writeBoolean(value: boolean): this;
  writeUVarInt(value: number): this;
  writeUVarIntString(value: string): this;
  writeUVarIntArray(values: readonly Encoder[]): this;
}

export interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string | null;
  /** Bytes after their length, as a view; null if the length is -1. */
  readBytes(): Buffer | null;
  readArray<T>(read: (decoder: Decoder) => T): T[];
  readTaggedFields(): unknown;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
}

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** A broker with its connections. Every request throws kafkajs's errors. */
export interface Broker {
  initProducerId(request: {
    transactionalId: string;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(
    request: Transaction & { topics: readonly { topic: string; partitions: readonly number[] }[] },
  ): Promise<unknown>;
  addOffsetsToTxn(request: Transaction & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: Transaction & {
      groupId: string;
      topics: readonly {
        topic: string;
        partitions: readonly { partition: number; offset: string; metadata: string | null }[];
      }[];
    },
  ): Promise<unknown>;
  endTxn(request: Transaction & { transactionResult: boolean }): Promise<unknown>;
  listOffsets(request: {
    isolationLevel: 0 | 1;
    topics: readonly { topic: string; partitions: readonly { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>;
  readonly connectionPool: ConnectionPool;
  /** The versions of each request that the broker knows, by the request's number; null before it is connected. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null;
}

interface ConnectionPool {
  send<T>(exchange: {
    readonly request: Request & { readonly encode: () => Promise<Encoder> };
    readonly response: {
      readonly decode: (data: Buffer) => Promise<T>;
      readonly parse: (decoded: T) => Promise<T>;
    };
  }): Promise<T>;
}

/** The request and its version, as the protocol numbers them. */
interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
}

interface ClusterOptions {
  readonly logger: Logger;
  readonly socketFactory: ISocketFactory;
  readonly brokers: readonly string[];
  readonly ssl?: ConnectionOptions;
  readonly sasl?: SASLOptions;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly reauthenticationThreshold: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
  readonly retry: RetryOptions;
}

/** The brokers of a cluster, and which broker leads which partition. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(options: { nodeId: number | string }): Promise<Broker>;
  /** `leader` is -1 if a partition has none. */
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  /** 0: of a consumer group, 1: of a transactional id. */
  findGroupCoordinator(options: { groupId: string; coordinatorType: 0 | 1 }): Promise<Broker>;
}

type MethodName<T> = { [Name in keyof T]: T[Name] extends (...args: never[]) => unknown ? Name : never }[keyof T];
/**
 * How many parameters each method has, by the `length` of its function. A table must list each method that its type
 * names.
 */
type ParameterCounts<T> = Readonly<Record<MethodName<T> | 'constructor', number>>;

/** The parts that are taken from each module: methods of a class, or functions. */
export const KAFKAJS_PARTS = {
  'kafkajs/src/cluster': {
    constructor: 1,
    connect: 0,
    disconnect: 0,
    addMultipleTargetTopics: 1,
    findBroker: 1,
    findTopicPartitionMetadata: 1,
    findGroupCoordinator: 1,
    findLeaderForPartitions: 2,
    metadata: 0,
  } satisfies ParameterCounts<Cluster & MetadataCluster>,
  'kafkajs/src/cluster/brokerPool': {
    constructor: 1,
    refreshMetadata: 1,
    findConnectedBroker: 0,
  } satisfies ParameterCounts<BrokerPool>,
  'kafkajs/src/broker': {
    constructor: 1,
    initProducerId: 1,
    addPartitionsToTxn: 1,
    addOffsetsToTxn: 1,
    txnOffsetCommit: 1,
    endTxn: 1,
    listOffsets: 1,
    metadata: 0,
  } satisfies ParameterCounts<Broker & MetadataBroker>,
  'kafkajs/src/network/connectionPool': { constructor: 1, send: 1 } satisfies ParameterCounts<ConnectionPool>,
  'kafkajs/src/network/requestQueue': {
    constructor: 1,
    scheduleCheckPendingRequests: 0,
  } satisfies ParameterCounts<RequestQueue>,
  'kafkajs/src/protocol/encoder': {
    constructor: 0,
    writeInt8: 1,
    writeInt16: 1,
    writeInt32: 1,
    writeInt64: 1,
    writeString: 1,
    writeBytes: 1,
    writeArray: 3,
    writeBoolean: 1,
    writeUVarInt: 1,
    writeUVarIntString: 1,
    writeUVarIntArray: 2,
  } satisfies ParameterCounts<Encoder>,
  'kafkajs/src/protocol/decoder': {
    constructor: 1,
    readInt16: 0,
    readInt32: 0,
    readInt64: 0,
    readString: 0,
    readBytes: 0,
    readArray: 1,
    readTaggedFields: 0,
    readUVarIntString: 0,
    readUVarIntArray: 1,
  } satisfies ParameterCounts<Decoder>,
  'kafkajs/src/protocol/error': { createErrorFromCode: 1 },
  'kafkajs/src/protocol/requests/metadata': { protocol: 1 } satisfies Omit<
    ParameterCounts<MetadataRequests>,
    'constructor'
  >,
} as const satisfies Readonly<Record<keyof KafkajsModules, object>>;

/** The parts of kafkajs's private modules that the rest of this folder uses. */
interface Kafkajs {
  readonly Cluster: new (options: ClusterOptions) => Cluster;
  readonly Encoder: new (initialSize?: number) => Encoder;
  readonly Decoder: new (buffer: Buffer) => Decoder;
  /** An error whose `type` is the protocol's name of the code, with `retriable`. */
  readonly createErrorFromCode: (code: number) => Error;
}

/** Throws MISSING_TOOL with the name of every part that is gone or has other parameters than in kafkajs 2.2.4. */
export function loadKafkajs(modules: KafkajsModules): Kafkajs {
  const missing = Object.entries(KAFKAJS_PARTS).flatMap(([module, parts]) => missingIn(module, parts, modules));
  if (missing.length > 0) {
    throw new DaybreakError('MISSING_TOOL', {
      what: `kafkajs lacks what clients/kafka/transport.ts takes from it: ${missing.join(', ')}`,
      remedy: 'Install the version of package-lock.json (npm ci), or adapt that file to the new one.',
    });
  }
  return {
    Cluster: modules['kafkajs/src/cluster'],
    Encoder: modules['kafkajs/src/protocol/encoder'],
    Decoder: modules['kafkajs/src/protocol/decoder'],
    ...(modules['kafkajs/src/protocol/error'] as object),
  } as Kafkajs; // Checked as far as a program can check.
}

function missingIn(
  module: string,
  parts: Readonly<Record<string, number>>,
  modules: Readonly<Record<string, unknown>>,
): readonly string[] {
  const exported = modules[module];
  const holder: unknown = typeof exported === 'function' ? exported.prototype : exported;
  const isThere = ([name, parameters]: [string, number]): boolean => {
    const part: unknown = typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
    return typeof part === 'function' && part.length === parameters;
  };
  return Object.entries(parts)
    .filter((part) => !isThere(part))
    .map(([name, parameters]) => `${name} with ${parameters} parameters in ${module}`);
}

export const { Cluster, Encoder, Decoder, createErrorFromCode } = loadKafkajs(KAFKAJS_MODULES);
mendRequestQueue();
mendMetadata();

/** Whether the broker knows the request. It closes the connection if it gets one that it does not know. */
export function knows({ versions }: Broker, { apiKey, apiVersion }: Request): boolean {
  const known = versions?.[apiKey];
  return known !== undefined && known.minVersion <= apiVersion && apiVersion <= known.maxVersion;
}

/**
 * Sends a request of our own that kafkajs does not have, or has only in an older version. kafkajs reads a property of
 * what was decoded, so it must be an object.
 */
export async function send<T extends object>(
  { connectionPool }: Broker,
  request: Request,
  body: Encoder,
  decode: (answer: Decoder) => T,
): Promise<T> {
  return await connectionPool.send<T>({
    request: { ...request, encode: () => Promise.resolve(body) },
    response: {
      decode: (data) => Promise.resolve(decode(new Decoder(data))),
      parse: (decoded) => Promise.resolve(decoded),
    },
  });
}
