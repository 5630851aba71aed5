import { numeral } from '../../domain/counted';
import type { Pipeline } from '../../domain/pipeline';
import type { FileSink } from './files/file-sink';
import type { FeedSinks, KafkaSink } from './sinks';
import { fileLinesOf, kafkaMessagesOf } from './tally';

/** What a feed did, for people and for programs. */
export function feedSummary(
  pipeline: Pipeline,
  seed: number,
  { tally, files: written }: FeedSinks,
  seconds: number,
  kafka: KafkaSink | undefined,
  files: FileSink | undefined,
): { readonly json: object; readonly lines: readonly string[] } {
  const { total } = tally;
  const messages = kafka === undefined ? 0 : kafkaMessagesOf(total);
  const fileLines = files === undefined ? 0 : fileLinesOf(total);
  const json = {
    pipeline: pipeline.name,
    seed,
    seconds: Number(seconds.toFixed(3)),
    ...(kafka && { kafka: { topic: kafka.topic, partitions: kafka.partitions, messages } }),
    ...(files && { files: { folder: files.location, lines: fileLines } }),
    total,
    hours: Object.fromEntries([...tally.hours].sort(([left], [right]) => (left < right ? -1 : 1))),
  };
  const targets = [
    kafka && `${numeral(messages)} messages to topic ${kafka.topic} (${kafka.partitions} partitions)`,
    files && `${numeral(fileLines)} lines to ${numeral(written)} files in ${files.location}`,
  ].filter((target) => target !== undefined);
  const lines = [
    `Fed ${numeral(total.events)} events (${numeral(total.late)} late), ${numeral(total.bad)} bad records and ` +
      `${numeral(total.duplicatesInKafka)} duplicates in Kafka, ${numeral(total.duplicatesInFiles)} in files, ` +
      `in ${seconds.toFixed(1)} s:`,
    ...targets.map((target) => `  ${target}`),
  ];
  return { json, lines };
}
