import { deadLetterOf } from '../../../activities/speed/dead-letter';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { deadLetters } from '../../../scripts/operate/dlq/dead-letters';
import { replayDeadLetters } from '../../../scripts/operate/dlq/replay';
import { readConfig } from '../../../worker/config';
import { ShardProcess } from './shard-process';
import { speedTopics, type SpeedTopics } from './speed-topics';
import { contentsOf } from './topic-contents';
import { until } from '../support/until';

const kafka = { brokers: readConfig().kafka.brokers };

describe('dead letters', () => {
  let pipeline: SpeedTopics['pipeline'];
  let producer: SpeedTopics['producer'];
  let end: SpeedTopics['end'];

  beforeEach(async () => {
    ({ pipeline, producer, end } = await speedTopics(kafka, 2));
  });
  afterEach(() => end());

  it('go through the speed layer once more on replay, which says what failed again, and only once', async () => {
    const { pipeline: parsed } = await loadPipelineNamed(pipeline.pipelines, pipeline.name);
    await putAside('{"hello":"h","id":7,"time":"2026-11-21 12:00:00"}');
    await putAside('never a record');
    await putAside('x'.repeat(1_000_000));

    const shard = new ShardProcess();
    await shard.go({
      ...kafka,
      pipelines: pipeline.pipelines,
      input: { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600 },
    });
    await until('the shard', () => shard.lag === 0);
    const first = await replayDeadLetters(kafka, parsed, 30);
    const second = await replayDeadLetters(kafka, parsed, 30);

    expect(first).toMatchObject({ replayed: 2, truncated: 1, settled: true });
    expect(first.failed.map(({ value, code, key }) => [value?.toString(), code, key?.toString()])).toEqual([
      ['never a record', 'BAD_RECORD', 'k'],
    ]);
    // A letter that failed again is a new dead letter.
    expect(second).toMatchObject({ replayed: 1, truncated: 0 });
    const rows = await contentsOf(kafka.brokers, pipeline.outputTopic, 1);
    expect(rows.map(({ key }) => key)).toEqual(['7']);
    const pending: string[] = [];
    for await (const { value } of deadLetters(kafka, parsed, { all: false })) pending.push(value?.toString() ?? '');
    expect(pending).toEqual(['never a record']);
    await shard.end('SIGTERM');
  });

  /** Writes a dead letter as the speed layer does. */
  async function putAside(value: string): Promise<void> {
    const record = { offset: 1, timestamp: 0, key: Buffer.from('k'), value: Buffer.from(value), headers: [] };
    const letter = deadLetterOf({ topic: pipeline.topic, partition: 0 }, record, 'BAD_RECORD', 'test');
    const headers = Object.fromEntries((letter.headers ?? []).map((header) => [header.name, header.value ?? '']));
    await producer.send(pipeline.deadLetterTopic, [{ key: letter.key, value: letter.value, headers, partition: 0 }]);
  }
});
