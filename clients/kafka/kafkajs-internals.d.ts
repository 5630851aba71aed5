// kafkajs offers no fetch of chosen partitions and no transaction without its grouping of messages one by one. Both need
// its connections only, which these modules hold. kafkajs is pinned to one exact version, whose sources these types describe.

declare module 'kafkajs/src/protocol/encoder' {
  export default class Encoder {
    readonly buffer: Buffer;
    constructor(initialSize?: number);
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
}

declare module 'kafkajs/src/protocol/decoder' {
  export default class Decoder {
    readonly buffer: Buffer;
    readonly offset: number;
    constructor(buffer: Buffer);
    readInt16(): number;
    readInt32(): number;
    readInt64(): bigint;
    readString(): string | null;
    readArray<T>(read: (decoder: Decoder) => T): T[];
    readTaggedFields(): unknown;
    readUVarIntString(): string | null;
    readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  }
}

declare module 'kafkajs/src/protocol/error' {
  export function createErrorFromCode(code: number): Error;
}

declare module 'kafkajs/src/loggers' {
  import type { logCreator, logLevel } from 'kafkajs';
  export interface RootLogger {
    readonly namespace: unknown;
  }
  export function createLogger(options: { level: logLevel; logCreator: logCreator }): RootLogger;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C' {
  export default function crc32c(buffer: Buffer): number;
}

declare module 'kafkajs/src/cluster' {
  import type { ConnectionOptions } from 'node:tls';
  import type { ISocketFactory, RetryOptions, SASLOptions } from 'kafkajs';
  import type Encoder from 'kafkajs/src/protocol/encoder';
  import type { RootLogger } from 'kafkajs/src/loggers';

  export interface ProtocolRequest<T> {
    readonly request: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      readonly encode: () => Promise<Encoder>;
    };
    readonly response: {
      readonly decode: (data: Buffer) => Promise<T>;
      readonly parse: (decoded: T) => Promise<T>;
    };
  }

  interface Transaction {
    readonly transactionalId: string;
    readonly producerId: string;
    readonly producerEpoch: number;
  }

  export interface Broker {
    readonly connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> };
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
  }

  export default class Cluster {
    constructor(options: {
      logger: RootLogger;
      socketFactory: ISocketFactory;
      brokers: readonly string[];
      ssl?: ConnectionOptions;
      sasl?: SASLOptions;
      clientId: string;
      connectionTimeout: number;
      authenticationTimeout: number;
      reauthenticationThreshold: number;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      metadataMaxAge: number;
      allowAutoTopicCreation: boolean;
      retry: RetryOptions;
    });
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
    findBroker(options: { nodeId: number | string }): Promise<Broker>;
    findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
    /** 0: of a consumer group, 1: of a transactional id. */
    findGroupCoordinator(options: { groupId: string; coordinatorType: 0 | 1 }): Promise<Broker>;
  }
}
