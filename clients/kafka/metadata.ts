import { KAFKAJS_MODULES } from './kafkajs-modules';

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

let isMended = false;

/**
 * kafkajs 2.2.4 throws away the whole metadata if there is an error of a single partition: if one partition has no
 * leader, nobody can read the others. With this, it throws the errors of topics alone. `leaderOf` throws where a partition
 * without a leader is asked for.
 */
export function mendMetadata(): void {
  if (isMended) return;
  isMended = true;
  const metadata = KAFKAJS_MODULES['kafkajs/src/protocol/requests/metadata'] as MetadataRequests;
  const { protocol } = metadata;
  metadata.protocol = ({ version }) => {
    const exchangeOf = protocol({ version });
    return (options) => {
      const { request, response } = exchangeOf(options);
      return { request, response: { ...response, parse: (decoded) => throwsOfTopics(response, decoded) } };
    };
  };
}

async function throwsOfTopics({ parse }: Exchange['response'], decoded: Metadata): Promise<Metadata> {
  await parse({
    ...decoded,
    topicMetadata: decoded.topicMetadata.map((topic) => ({ ...topic, partitionMetadata: [] })),
  });
  return decoded;
}
