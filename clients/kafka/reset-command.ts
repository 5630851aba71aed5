export interface GroupPartition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/** The command of Kafka that says at which offset a group goes on. Default: a person puts the offset in. */
export const resetCommand = ({ group, topic, partition }: GroupPartition, offset?: number): string =>
  `kafka-consumer-groups.sh --bootstrap-server <broker> --group ${group} --topic ${topic}:${partition} ` +
  `--reset-offsets --to-offset ${offset ?? '<offset>'} --execute`;
