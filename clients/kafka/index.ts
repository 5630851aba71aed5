export { isTooLarge, kafkaError } from './errors';
export type { KafkaCluster, KafkaLogger, KafkaOptions } from './options';
export { PartitionSession } from './partition-session';
export { KafkaProducer } from './producer';
export { headerSize, type NewHeader, type NewRecord, recordSize } from './record-batch';
export { endOfRecords, type KafkaHeader, type KafkaRecord, type RecordSlice, recordSlices } from './record-slices';
export { KafkaTopics, type PartitionOffsets } from './topics';
export type { ProducerEpoch } from './transactional-writer';
export { countTopic, readTopic, type ReadOptions } from './topic-reader';
