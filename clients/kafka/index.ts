export { isTooLarge, kafkaError } from './errors';
export type { KafkaLogger, KafkaOptions } from './options';
export { PartitionSession, type SessionOptions, type SessionStart } from './partition-session';
export { KafkaProducer } from './producer';
export type { NewHeader, NewRecord } from './record-batch';
export {
  endOfRecords,
  type KafkaHeader,
  type KafkaRecord,
  type RecordSlice,
  recordSlices,
  type SliceLimits,
} from './record-slices';
export { KafkaTopics, type PartitionOffsets, type TopicSpec } from './topics';
export type { ProducerEpoch } from './transactional-writer';
export { readTopic } from './topic-reader';
