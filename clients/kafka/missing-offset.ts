import { DaybreakError } from '../../domain/errors';

/**
 * Kafka 4 answers for some seconds that nothing was committed, if its group coordinator is elected again while it still
 * loads, as on a busy machine after a restart. Its log then says "Ignored load completion … because context is in ACTIVE
 * state". The answer is right again when it has loaded.
 */
export function missingOffset(of: {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly known?: number;
}): DaybreakError {
  const { group, topic, partition, known } = of;
  return new DaybreakError('OFFSET_MISSING', {
    what:
      `Kafka knows no committed offset of group ${group} for ${topic}/${partition}, but one was committed` +
      (known === undefined ? '' : `: ${known} or a later one`),
    remedy:
      'Wait: a Kafka that has just started knows it when it has loaded its groups. If somebody deleted it, or made the topic anew, say where to go on: ' +
      `kafka-consumer-groups.sh --bootstrap-server <broker> --group ${group} --topic ${topic}:${partition} ` +
      `--reset-offsets --to-offset ${known ?? '<offset>'} --execute`,
  });
}
