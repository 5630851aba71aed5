import { type DeadLetter, parseDeadLetter } from '../../../activities/speed/dead-letter';
import {
  type KafkaOptions,
  KafkaTopics,
  type PartitionOffsets,
  type ReadOptions,
  readTopic,
} from '../../../clients/kafka';
import { deadLetterTopicOf, type Pipeline } from '../../../domain/pipeline';
import { replayGroupOf } from '../../../domain/speed-shard';
import { markedOffsets, markedRanges } from './replay-marker';

/** The dead letters of a pipeline; with `all` also those that were already replayed. */
export async function* deadLetters(
  kafka: KafkaOptions,
  pipeline: Pipeline,
  { all }: { readonly all: boolean },
): AsyncGenerator<DeadLetter> {
  const spans = await pendingSpans(kafka, pipeline, all);
  const replayed = all ? undefined : await markedOffsets(kafka, deadLetterTopicOf(pipeline), spans);
  for await (const letter of lettersBetween(kafka, pipeline, spans)) {
    if (replayed?.get(letter.partition)?.has(letter.offset) !== true) yield letter;
  }
}

/** The dead letters at the given offsets of the dead-letter topic. */
export async function* lettersBetween(
  kafka: KafkaOptions,
  pipeline: Pipeline,
  spans: readonly PartitionOffsets[],
  options: ReadOptions = {},
): AsyncGenerator<DeadLetter> {
  for await (const { partition, record } of readTopic(kafka, deadLetterTopicOf(pipeline), spans, options)) {
    if (markedRanges(record) === undefined) yield parseDeadLetter(partition, record);
  }
}

/** The offsets of the dead-letter topic, from the first one that was not replayed. */
async function pendingSpans(kafka: KafkaOptions, pipeline: Pipeline, all: boolean): Promise<PartitionOffsets[]> {
  const topic = deadLetterTopicOf(pipeline);
  const topics = await KafkaTopics.connect(kafka);
  try {
    if ((await topics.partitionsOf(topic)) === 0) return [];
    const replayed = all
      ? new Map<number, number>()
      : await topics.committedOffsets(replayGroupOf(pipeline.name), topic);
    const spans = await topics.offsetsOf(topic);
    return spans.map((span) => {
      const from = replayed.get(span.partition) ?? 0;
      // An offset beyond the end means that the topic was created again.
      return from > span.high ? span : { ...span, low: Math.max(span.low, from) };
    });
  } finally {
    await topics.close();
  }
}
