export interface GroupPartition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly brokers: readonly string[];
}

/**
 * The command of Kafka that says at which offset a group goes on.
 *
 * @param offset default: a person puts it in. `earliest`: the first record.
 */
export function resetCommand(
  { group, topic, partition, brokers }: GroupPartition,
  offset: number | 'earliest' | 'OFFSET' = 'OFFSET',
): string {
  const to = offset === 'earliest' ? '--to-earliest' : `--to-offset ${offset}`;
  return (
    `kafka-consumer-groups.sh --bootstrap-server ${brokers.join(',')} --group ${group} --topic ${topic}:${partition} ` +
    `--reset-offsets ${to} --execute`
  );
}
