import { KAFKAJS_MODULES } from './kafkajs-modules';

const LEADER_NOT_AVAILABLE = 5;

/** The protocol's error, which kafkajs does not throw for a partition any more; see mendMetadata. */
export function withoutLeader(topic: string, partition: number): Error {
  const { createErrorFromCode } = KAFKAJS_MODULES['kafkajs/src/protocol/error'] as {
    readonly createErrorFromCode: (code: number) => Error;
  };
  const error = createErrorFromCode(LEADER_NOT_AVAILABLE);
  error.message = `${topic}/${partition} has no leader`;
  return error;
}
