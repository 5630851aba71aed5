import { ConfigResourceTypes } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Counts } from '../../../activities/speed/committed-counts';
import { LivePipeline } from '../../../activities/speed/live-pipeline';
import { Shard } from '../../../activities/speed/shard';
import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import type { SpeedShardResult } from '../../../domain/speed-shard';
import type { FeedRecord } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';
import { readConfig } from '../../../worker/config';
import { expectedRows, feedRecords } from './expected-rows';
import { speedPipeline, type SpeedPipeline } from './speed-pipeline';
import { contentsOf, differences, valuesOf } from './topic-contents';
import { endAll } from '../support/end-all';
import { withAdmin } from '../support/kafka-admin';
import { until } from '../support/until';

const kafka = { brokers: readConfig().kafka.brokers };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

describe('a shard of the speed layer', () => {
  let pipeline: SpeedPipeline;
  let topics: KafkaTopics;
  let producer: KafkaProducer;
  const running: RunningShard[] = [];

  beforeEach(async () => {
    pipeline = await speedPipeline();
    topics = await KafkaTopics.connect(kafka);
    producer = await KafkaProducer.connect(kafka);
    await topics.ensure([
      { topic: pipeline.topic, partitions: 2, settings: { 'max.message.bytes': '5000000' } },
      { topic: pipeline.outputTopic, partitions: 2 },
      { topic: pipeline.deadLetterTopic, partitions: 2 },
    ]);
  });
  afterEach(() =>
    endAll(
      () => Promise.allSettled(running.splice(0).map((shard) => shard.cancel())),
      () => producer.close(),
      () => topics.close(),
      () => pipeline.remove(),
    ),
  );

  it('gives each event its row under its key, and each bad or null one a dead letter with its origin', async () => {
    const records = feedRecords(2, 5_000);
    await send(records.map(({ text }) => ({ value: text })));
    await producer.send(pipeline.topic, [
      { key: 'k', value: null, partition: 1, headers: { trace: 'abc' }, timestamp: '1700000000000' },
    ]);
    const shard = await start();
    await shard.untilDone();
    const { ended, partitions } = await shard.cancel();

    const rows = await expectedRows(records);
    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length);
    const deadLetters = await contentsOf(kafka.brokers, pipeline.deadLetterTopic, records.length + 1 - rows.length);
    const bad = records.filter(({ kind }) => kind === 'bad').map(({ text }) => text);
    expect(ended).toBe('cancelled');
    expect(differences(valuesOf(output), rows)).toEqual([]);
    expect(
      output.every(({ key, value }) => key === String((JSON.parse(value ?? '') as { user_id: number }).user_id)),
    ).toBe(true);
    expect(differences(valuesOf(deadLetters), [...bad, ''])).toEqual([]);
    expect(partitions.reduce((sum, one) => sum + one.deadLetters, 0)).toBe(bad.length + 1);
    expect(deadLetters.find(({ value }) => value === null)).toMatchObject({
      key: 'k',
      headers: {
        'daybreak.topic': pipeline.topic,
        'daybreak.partition': '1',
        'daybreak.offset': String((await topics.offsetsOf(pipeline.topic))[1]!.high - 1),
        'daybreak.timestamp': '1700000000000',
        'daybreak.code': 'NULL_VALUE',
        trace: 'abc',
      },
    });
  });

  it('makes a dead letter of an event whose row is too large for the broker, and goes on', async () => {
    const large = JSON.stringify({ hello: noise(1_600_000), id: 7, time: '2026-11-21 12:00:00' });
    const file = join(pipeline.folder, 'pipeline.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^events:\n/m, 'events:\n  maximumBytes: 4194304\n'));
    const records = feedRecords(3, 2_000);
    await send(
      [...records.slice(0, 1_000), { text: large }, ...records.slice(1_000)].map(({ text }) => ({ value: text })),
    );
    const shard = await start();
    await shard.untilDone();
    await shard.cancel();

    const [deadLetter] = (await contentsOf(kafka.brokers, pipeline.deadLetterTopic, 1)).filter(
      ({ headers }) => headers['daybreak.code'] === 'TOO_LARGE',
    );
    expect(deadLetter?.headers['daybreak.truncated-from']).toBe(String(large.length));
    expect(large.startsWith(deadLetter?.value ?? 'absent')).toBe(true);
    const rows = await expectedRows(records);
    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length);
    expect(differences(valuesOf(output), rows)).toEqual([]);
  });

  it.each([
    ['a header of a mebibyte', { value: 'x', headers: { h: noise(1_048_300) } }, 1_048_588],
    ['a value and a header', { value: noise(850_000), headers: { h: noise(198_300) } }, 1_048_588],
    ['a dead-letter topic that takes 20 kB', { value: noise(100_000), headers: { h: noise(50_000) } }, 20_000],
  ])('makes a dead letter that fits of whatever a producer sent, and goes on: %s', async (_, hostile, most) => {
    await limitLetters(most);
    const [before, after] = feedRecords(2, 2).map(({ text }) => text);
    await producer.send(pipeline.topic, [
      { value: before ?? '', partition: 0 },
      { ...hostile, partition: 0 },
      { value: after ?? '', partition: 0 },
    ]);
    const shard = await start();
    await shard.untilDone();
    const { partitions } = await shard.cancel();

    expect(partitions[0]).toMatchObject({ offset: 3, events: 3 });
    expect(partitions[0]?.trouble).toBeUndefined();
    const [letter] = (await contentsOf(kafka.brokers, pipeline.deadLetterTopic, 1)).filter(
      ({ headers }) => headers['daybreak.offset'] === '1',
    );
    expect(letter?.headers['daybreak.truncated-from']).toBe(String(hostile.value.length));
    expect(letter?.headers['daybreak.headers-left-out']).toBe('1');
    expect(hostile.value.startsWith(letter?.value ?? 'absent')).toBe(true);
  });

  it('stands still in the partition whose letter the dead-letter topic never takes, says so, and goes on in the other', async () => {
    await limitLetters(100);
    await producer.send(pipeline.topic, [
      { value: 'x', partition: 0 },
      ...feedRecords(3, 100)
        .filter(({ kind }) => kind !== 'bad')
        .map(({ text }) => ({ value: text, partition: 1 })),
    ]);
    const [, high = 0] = (await topics.offsetsOf(pipeline.topic)).map((one) => one.high);
    const one = await start();
    const during = one.done.catch((thrown: unknown) => thrown);
    const partition = (number: number) => one.shard.progress.partitions.find(({ partition: is }) => is === number);
    const raise = `Raise max.message.bytes of ${pipeline.deadLetterTopic}`;
    await until('the trouble', () => partition(0)?.trouble?.includes(raise) === true, { during });
    await until('the end of the other', () => partition(1)?.offset === high, { during });
    expect(partition(0)).toMatchObject({ offset: 0, deadLetters: 0 });
    await limitLetters(1_000_000);
    await until('the letter', () => partition(0)?.deadLetters === 1, { during });
    expect(partition(0)?.trouble).toBeUndefined();
    await one.cancel();
  });

  it('ends where every partition has a letter that the dead-letter topic never takes, and says so', async () => {
    await limitLetters(100);
    await producer.send(
      pipeline.topic,
      [0, 1].map((partition) => ({ value: 'x', partition })),
    );
    const shard = await start();
    await expect(shard.done).rejects.toThrow(`Raise max.message.bytes of ${pipeline.deadLetterTopic}`);
  });

  it('makes a dead letter of an event of 50 MiB in a small batch, and goes on', async () => {
    const large = JSON.stringify({ hello: 'x'.repeat(50 * 2 ** 20), id: 7, time: '2026-11-21 12:00:00' });
    const records = feedRecords(4, 100);
    await producer.send(pipeline.topic, [
      { value: large, partition: 0 },
      ...records.map(({ text }) => ({ value: text, partition: 0 })),
    ]);
    const shard = await start();
    await shard.untilDone();
    await shard.cancel();

    const [letter] = (await contentsOf(kafka.brokers, pipeline.deadLetterTopic, 1)).filter(
      ({ headers }) => headers['daybreak.offset'] === '0',
    );
    expect(letter?.headers).toMatchObject({
      'daybreak.code': 'BAD_RECORD',
      'daybreak.reason': 'larger than 1048576 bytes, which events.maximumBytes allows',
      'daybreak.truncated-from': String(large.length),
    });
    expect(letter?.value).toBe(large.slice(0, 65_536));
    const rows = await expectedRows(records);
    expect(differences(valuesOf(await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length)), rows)).toEqual([]);
  });

  it('makes dead letters of exactly the events on which the SQL fails', async () => {
    const sql = (await readFile(join(pipeline.folder, 'transform.sql'), 'utf8')).replace('e.id AS', 'e.id * 1000 AS');
    await writeFile(join(pipeline.folder, 'transform.sql'), sql);
    const overflowing = '{"hello":"h","id":9223372036854775807,"time":"2026-11-21 12:00:00"}';
    const ids = Array.from({ length: 2_000 }, (_, id) => id);
    const good = ids.map((id) => ({ value: JSON.stringify({ hello: 'h', id, time: '2026-11-21 12:00:00' }) }));
    await send([...good.slice(0, 700), { value: overflowing }, ...good.slice(700)]);
    const shard = await start();
    await shard.untilDone();
    await shard.cancel();

    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, ids.length);
    expect(output.map(({ key }) => Number(key)).sort((a, b) => a - b)).toEqual(ids.map((id) => id * 1000));
    const [deadLetter, ...others] = await contentsOf(kafka.brokers, pipeline.deadLetterTopic, 1);
    expect(others).toEqual([]);
    expect(deadLetter?.value).toBe(overflowing);
    expect(deadLetter?.headers['daybreak.code']).toBe('TRANSFORM_FAILED');
    expect(deadLetter?.headers['daybreak.reason']).toContain('Overflow');
  });

  it('notices a new partition of its topic, and writes to one of the output topic', async () => {
    const shard = await start();
    await until('the first partitions', () => shard.shard.progress.partitions.length === 2);
    await withAdmin(kafka.brokers, (admin) =>
      admin.createPartitions({
        topicPartitions: [pipeline.topic, pipeline.outputTopic].map((topic) => ({ topic, count: 4 })),
      }),
    );
    const records = feedRecords(10, 2_000);
    await until('the new partitions', () => shard.shard.progress.partitions.length === 4);
    await send(
      records.map(({ text }) => ({ value: text })),
      4,
    );
    await shard.untilDone();
    await shard.cancel();

    const rows = await expectedRows(records);
    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length);
    expect(differences(valuesOf(output), rows)).toEqual([]);
    expect(new Set(output.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
  });

  it('is fenced by a second shard on the same partitions, without a row lost or doubled', async () => {
    const first = await start();
    const fenced = new AbortController();
    const over = first.done
      .catch(() => undefined)
      .finally(() => {
        fenced.abort();
      });
    // Sends continually, because a shard that has nothing left to commit does not notice that it is fenced.
    const records: FeedRecord<HelloEvent>[] = [];
    const sending = (async () => {
      for (let seed = 0; !fenced.signal.aborted; seed++) {
        const piece = feedRecords(seed, 500);
        await send(piece.map(({ text }) => ({ value: text })));
        records.push(...piece);
        await sleep(20);
      }
    })();
    try {
      await until('the first commit', () => first.committed > 0, { during: over });
      const second = await start();
      await until('the end of the first shard', () => fenced.signal.aborted);
      await expect(first.done).rejects.toMatchObject({ code: 'SHARD_FENCED', retry: true });
      await sending;
      await second.untilDone();
      await second.cancel();
    } finally {
      fenced.abort();
      await sending;
    }

    const rows = await expectedRows(records);
    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length);
    expect(differences(valuesOf(output), rows)).toEqual([]);
  });

  it('commits on cancellation, and goes on from there', async () => {
    const records = feedRecords(5, 20_000);
    const rounds = 3;
    for (let round = 0; round < rounds; round++) {
      // Each round has its own records: the round before may have taken all that was there.
      const share = records.filter((_, index) => index % rounds === round);
      const sending = send(share.map(({ text }) => ({ value: text })));
      const shard = await start();
      await until('a commit', () => shard.committed > 0);
      const { partitions } = await shard.cancel();
      const committed = await topics.committedOffsets(`daybreak.${pipeline.name}`, pipeline.topic);
      expect(partitions.map(({ offset }) => offset)).toEqual(
        partitions.map(({ partition }) => committed.get(partition)),
      );
      await sending;
    }
    const last = await start();
    await last.untilDone();
    await last.cancel();

    const rows = await expectedRows(records);
    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length);
    expect(differences(valuesOf(output), rows)).toEqual([]);
  });

  it('ends by itself when its time is over', async () => {
    const shard = await start({ maximumSeconds: 5 });
    await expect(shard.done).resolves.toMatchObject({
      ended: 'time-over',
      partitions: [{ partition: 0 }, { partition: 1 }],
    });
  });

  it('takes only the partitions of its share', async () => {
    await send(feedRecords(6, 1_000).map(({ text }) => ({ value: text })));
    const shard = await start({ shard: 1, shards: 2 });
    await shard.untilDone();
    expect((await shard.cancel()).partitions.map(({ partition }) => partition)).toEqual([1]);
  });

  it('takes up a changed table between two micro-batches, and shows its version', async () => {
    const event = (id: number) => ({ value: JSON.stringify({ hello: 'h', id, time: '2026-11-21 12:00:00' }) });
    const shard = await start();
    await send([event(0), event(1)]);
    await until('the first rows', () => shard.committed === 2);
    const before = shard.version;
    const file = join(pipeline.folder, 'names.ndjson');
    await writeFile(file, (await readFile(file, 'utf8')).replace('Ada', 'Ada Lovelace'));
    await until('another version', () => shard.version !== before);
    await send([event(10), event(20)]);
    await until('the next rows', () => shard.committed === 4);
    await shard.cancel();

    const names = valuesOf(await contentsOf(kafka.brokers, pipeline.outputTopic, 4)).map(
      (value) => (JSON.parse(value) as { user_name: string }).user_name,
    );
    expect(names.sort()).toEqual(['Ada', 'Ada Lovelace', 'Ada Lovelace', 'Barbara']);
  });

  it('reads a topic that was made anew from its start, and says so', async () => {
    await send(feedRecords(7, 500).map(({ text }) => ({ value: text })));
    const first = await start();
    await first.untilDone();
    await first.cancel();
    await withAdmin(kafka.brokers, (admin) =>
      admin.setOffsets({
        groupId: `daybreak.${pipeline.name}`,
        topic: pipeline.topic,
        partitions: [{ partition: 0, offset: '100000' }],
      }),
    );
    const again = await start();
    await again.untilDone();
    const { partitions } = await again.cancel();

    expect(partitions[0]?.reset).toEqual({ reason: 'topic-made-anew', committed: 100_000, startedAt: 0 });
    expect(partitions[0]?.events).toBe(partitions[0]?.offset);
    expect(partitions[1]?.reset).toBeUndefined();
  });

  it('waits where Kafka forgets what was committed, says how to go on, and does it without a doubled row', async () => {
    const records = feedRecords(7, 500);
    await send(records.map(({ text }) => ({ value: text })));
    const first = await start();
    await first.untilDone();
    const { partitions: read } = await first.cancel();
    const groupId = `daybreak.${pipeline.name}`;
    await withAdmin(kafka.brokers, (admin) => admin.deleteGroups([groupId]));
    const again = await start();
    const troubles = await until('both partitions say why they wait', () => {
      const found = again.shard.progress.partitions.map(({ trouble }) => trouble ?? '');
      return found.length === 2 && found.every((trouble) => trouble !== '') && found;
    });
    const partitions = read.map(({ partition, offset }) => ({ partition, offset: `${offset}` }));
    await withAdmin(kafka.brokers, (admin) => admin.setOffsets({ groupId, topic: pipeline.topic, partitions }));
    const more = feedRecords(8, 500);
    await send(more.map(({ text }) => ({ value: text })));
    await again.untilDone();
    await again.cancel();

    for (const trouble of troubles) {
      expect(trouble).toMatch(
        /^Kafka knows no committed offset of group .* --reset-offsets --to-offset OFFSET --execute \. If the topic was made anew, .* --to-earliest --execute$/,
      );
    }
    const rows = await expectedRows([...records, ...more]);
    const output = await contentsOf(kafka.brokers, pipeline.outputTopic, rows.length);
    expect(differences(valuesOf(output), rows)).toEqual([]);
  });

  it('says so where records were removed before they were read', async () => {
    await send(feedRecords(8, 500).map(({ text }) => ({ value: text })));
    const first = await start();
    await first.untilDone();
    const { partitions: read } = await first.cancel();
    await send(feedRecords(9, 500).map(({ text }) => ({ value: text })));
    const removed = (read[0]?.offset ?? 0) + 100;
    await withAdmin(kafka.brokers, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [pipeline.topic] }); // It does not find the leaders by itself.
      await admin.deleteTopicRecords({
        topic: pipeline.topic,
        partitions: [{ partition: 0, offset: String(removed) }],
      });
    });
    const again = await start();
    await again.untilDone();
    const { partitions } = await again.cancel();

    expect(partitions[0]?.reset).toEqual({ reason: 'removed', committed: read[0]?.offset, startedAt: removed });
  });

  async function limitLetters(bytes: number): Promise<void> {
    const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
    const { deadLetterTopic: name } = pipeline;
    await withAdmin(kafka.brokers, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
      }),
    );
  }

  interface RunningShard {
    readonly shard: Shard;
    readonly done: Promise<SpeedShardResult>;
    readonly committed: number;
    readonly version: string;
    readonly kept: string | undefined;
    untilDone(): Promise<void>;
    cancel(): Promise<SpeedShardResult>;
  }

  async function start(part: { shard?: number; shards?: number; maximumSeconds?: number } = {}): Promise<RunningShard> {
    const folders = { pipelines: pipeline.pipelines, data: join(pipeline.pipelines, '.data'), logger: silent };
    const transform = await LivePipeline.open(folders, pipeline.name);
    const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600, ...part };
    let committed = 0;
    const onCommitted = (_partition: number, { events }: Counts): void => {
      committed += events;
    };
    const shard = new Shard({ kafka, pipeline: transform.pipeline, input, transform, logger: silent, onCommitted });
    const stop = new AbortController();
    const done = shard.run(stop.signal).finally(() => transform.close());
    done.catch(() => undefined);
    const one: RunningShard = {
      shard,
      done,
      get committed() {
        return committed;
      },
      get version() {
        return transform.version;
      },
      get kept() {
        return transform.kept;
      },
      async untilDone() {
        const ends = (await topics.offsetsOf(pipeline.topic)).map(({ high }) => high);
        const isDone = (): boolean =>
          shard.progress.partitions.length > 0 &&
          shard.progress.partitions.every(({ partition, offset }) => offset >= (ends[partition] ?? 0));
        await until('the end of the topic', isDone, { during: done.catch((thrown: unknown) => thrown) });
      },
      cancel() {
        stop.abort();
        return done;
      },
    };
    running.push(one);
    return one;
  }

  async function send(messages: readonly { readonly value: string }[], partitions = 2): Promise<void> {
    for (let at = 0; at < messages.length; at += 1_000) {
      const piece = messages
        .slice(at, at + 1_000)
        .map((message, index) => ({ ...message, partition: (at + index) % partitions }));
      await producer.send(pipeline.topic, piece);
    }
  }
});

/** Text that gzip can hardly compress. */
function noise(length: number): string {
  return randomBytes(length).toString('base64').slice(0, length);
}
