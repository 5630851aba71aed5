import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import * as z from 'zod';
import { ensureSupervisor } from '../../../activities/druid/ensure-supervisor';
import { deadLetterOf } from '../../../activities/speed/dead-letter';
import { createDruidClient } from '../../../clients/druid';
import { supervisorSpec } from '../../../domain/druid/supervisor-spec';
import { replayGroupOf } from '../../../domain/speed-shard';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { daybreak } from '../support/daybreak';
import { terminateSupervisor } from '../support/own-pipeline';
import { ShardProcess } from './shard-process';
import { speedTopics, type SpeedTopics } from './speed-topics';
import { contentsOf, differences, valuesOf } from './topic-contents';
import { until } from '../support/until';

const config = readConfig();
const kafka = { brokers: config.kafka.brokers };
const SEALED_UNTIL = '2026-11-20T15:00:00.000Z';
const COMMAND = resolve(__dirname, '../../../scripts/daybreak.mjs');

const listSchema = z.object({
  total: z.number(),
  letters: z.array(z.object({ value: z.string().nullable(), code: z.string() })),
});
const replaySchema = z.looseObject({
  replayed: z.number(),
  truncated: z.number(),
  settled: z.boolean(),
  notSelected: z.number(),
  tooLarge: z.array(z.object({ origin: z.looseObject({}), bytes: z.number() })),
  failed: z.array(z.looseObject({ value: z.string().nullable() })),
  sealedUntil: z.string().nullable(),
  days: z.array(z.object({ date: z.string().nullable(), letters: z.number(), sealed: z.boolean().nullable() })),
  recompute: z.array(z.string()),
});

let pipeline: SpeedTopics['pipeline'];
let topics: SpeedTopics['topics'];
let producer: SpeedTopics['producer'];
let end: SpeedTopics['end'];

beforeEach(async () => {
  ({ pipeline, topics, producer, end } = await speedTopics(kafka, 2));
});
afterEach(() => end());

const environment = (): Record<string, string> => ({ DAYBREAK_PIPELINES: pipeline.pipelines });
const dlq = (command: string) => daybreak(`dlq ${command} --pipeline ${pipeline.name}`, environment());
const replayed = (stdout: string) => replaySchema.parse(JSON.parse(stdout));

async function pendingValues(): Promise<(string | null)[]> {
  const { letters } = listSchema.parse(JSON.parse((await dlq('list --json --limit 100000')).stdout));
  return letters.map(({ value }) => value).sort();
}

interface Put {
  readonly value: string;
  readonly code?: 'BAD_RECORD' | 'TRANSFORM_FAILED';
  /** The position of the original record. */
  readonly at?: { readonly partition: number; readonly offset: number; readonly timestamp: string };
  /** The partition of the dead-letter topic. */
  readonly partition?: number;
}

/** Writes dead letters as the speed layer does. */
async function putAside(letters: readonly Put[]): Promise<void> {
  const messages = letters.map(({ value, code = 'BAD_RECORD', at, partition = 0 }, index) => {
    const origin = at ?? { partition: 0, offset: index, timestamp: '2026-11-21T00:00:00Z' };
    const record = {
      offset: origin.offset,
      timestamp: Date.parse(origin.timestamp),
      key: null,
      value: Buffer.from(value),
      headers: [],
    };
    const letter = deadLetterOf({ topic: pipeline.topic, partition: origin.partition }, record, code, 'test');
    const headers = Object.fromEntries((letter.headers ?? []).map((header) => [header.name, header.value ?? '']));
    return { key: null, value: letter.value, headers, partition };
  });
  await producer.send(pipeline.deadLetterTopic, messages);
}

const event = (id: number, day: string): string => JSON.stringify({ hello: 'h', id, time: `${day} 12:00:00` });

async function runShard(): Promise<ShardProcess> {
  const shard = new ShardProcess();
  const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 200 };
  await shard.go({ ...kafka, pipelines: pipeline.pipelines, input });
  await until('the shard', () => shard.lag === 0);
  return shard;
}

describe('where the events’ topic takes less than the dead-letter topic', () => {
  const TAKEN = 20_000;
  /** Text that does not compress. */
  const large = (bytes: number): string => randomBytes(bytes).toString('base64').slice(0, bytes);

  beforeEach(async () => {
    const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: `${TAKEN}` }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: pipeline.topic, configEntries }],
    });
    await admin.disconnect();
  });

  it('sends each letter once in smaller transactions, names those too large alone, and sends these later', async () => {
    const [first, second] = [large(2 * TAKEN), large(3 * TAKEN)];
    const small = Array.from({ length: 60 }, (_, index) => `${index} ${large(3_000)}`);
    const letters = [...small.slice(0, 20), first, ...small.slice(20, 55), second, ...small.slice(55)];
    await putAside(letters.map((value) => ({ value })));
    const told = await dlq('replay --wait 0 --json');
    expect(told.code).toBe(1);
    const { tooLarge, ...rest } = replayed(told.stdout);
    expect(rest).toMatchObject({ replayed: 60, notSelected: 0, truncated: 0 });
    const place = (offset: number) => ({ topic: pipeline.topic, partition: 0, offset });
    expect(tooLarge).toMatchObject([{ origin: place(20) }, { origin: place(56) }]);
    expect(tooLarge.map(({ bytes }) => bytes > 2 * TAKEN)).toEqual([true, true]);
    expect(await pendingValues()).toEqual([first, second].sort());
    const sent = async (): Promise<string[]> => valuesOf(await contentsOf(kafka.brokers, pipeline.topic, small.length));
    expect((await sent()).sort()).toEqual([...small].sort());

    const again = await dlq('replay --wait 0');
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('2 dead letters refused as too large and still pending');
    expect(again.stdout).toContain(`  ${pipeline.topic}/0/20: `);
    expect(await sent()).toHaveLength(60);
  });
});

describe('a replay of some dead letters', () => {
  it('sends those alone, says what failed again and what nobody serves, and leaves the others for later', async () => {
    const loaded = await loadPipelineNamed(pipeline.pipelines, pipeline.name);
    const druid = createDruidClient(config.druid);
    const { datasource } = loaded.pipeline.druid;
    const other = `${datasource}_${pipeline.name.replaceAll('-', '_')}`;
    const own = { ...loaded.pipeline, druid: { ...loaded.pipeline.druid, datasource: other } };
    await ownDatasource(other);
    await ensureSupervisor(druid, other, () => ({
      ...supervisorSpec(own, loaded.outputColumns, { kafka: config.druid.kafka, sealedUntil: SEALED_UNTIL }),
      suspended: true,
    }));
    const [sealed, waiting, open] = [event(1, '2026-11-20'), event(2, '2026-11-20'), event(3, '2026-11-22')];
    await putAside([
      { value: sealed },
      { value: waiting, code: 'TRANSFORM_FAILED' },
      { value: open, partition: 1 },
      { value: 'never a record' },
    ]);

    const dry = await dlq('replay --code BAD_RECORD --dry-run --json');
    expect(JSON.parse(dry.stdout)).toMatchObject({
      selected: 3,
      byCode: { BAD_RECORD: 3 },
      days: [
        { date: '2026-11-20', letters: 1, sealed: true },
        { date: '2026-11-22', letters: 1, sealed: false },
        { date: null, letters: 1, sealed: null },
      ],
    });
    expect(dry.code).toBe(0);
    expect(await pendingValues()).toHaveLength(4);

    const shard = await runShard();
    const first = await dlq('replay --code BAD_RECORD --json');
    expect(first.code).toBe(1);
    const told = replayed(first.stdout);
    expect(told).toMatchObject({ replayed: 3, settled: true, notSelected: 1 });
    expect(told.failed.map(({ value }) => value)).toEqual(['never a record']);
    expect(told).toMatchObject({
      sealedUntil: SEALED_UNTIL,
      days: [
        { date: '2026-11-20', letters: 1, sealed: true },
        { date: '2026-11-22', letters: 1, sealed: false },
      ],
      recompute: [`npx daybreak batch run --pipeline ${pipeline.name} --date 2026-11-20`],
    });
    expect(await pendingValues()).toEqual(['never a record', waiting].sort());

    const second = await dlq('replay --code TRANSFORM_FAILED');
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('1 went through, of which 1 is of a day that is sealed');
    expect(second.stdout).toContain(`npx daybreak batch run --pipeline ${pipeline.name} --date 2026-11-20`);
    const last = replayed((await dlq('replay --json')).stdout);
    expect(last).toMatchObject({ replayed: 1, notSelected: 0 });

    const rows = await contentsOf(kafka.brokers, pipeline.outputTopic, 3);
    expect(rows.map(({ key }) => key).sort()).toEqual(['1', '2', '3']);
    await shard.end('SIGTERM');
    await terminateSupervisor(other);
  });

  it('takes partition, offset and time as the list shows them, both ends included', async () => {
    const at = (partition: number, offset: number, timestamp: string) => ({ partition, offset, timestamp });
    await putAside([
      { value: 'a', at: at(0, 10, '2026-11-21T00:00:00.000Z') },
      { value: 'b', at: at(1, 10, '2026-11-21T00:00:01.500Z'), partition: 1 },
      { value: 'c', at: at(0, 11, '2026-11-21T15:00:00.000Z') },
      { value: 'd', at: at(0, 12, '2026-11-23T00:00:00.000Z'), partition: 1 },
    ]);
    const selected = async (options: string): Promise<string> => {
      const { letters } = listSchema.parse(JSON.parse((await dlq(`list --json ${options}`)).stdout));
      return letters
        .map(({ value }) => value)
        .sort()
        .join('');
    };
    expect(await selected('--partition 1')).toBe('b');
    expect(await selected('--offset 10')).toBe('ab');
    expect(await selected('--partition 0 --offset 11-12')).toBe('cd');
    expect(await selected('--offset 10 12')).toBe('abd');
    expect(await selected('--from 2026-11-21T00:00:01.500Z --to 2026-11-21T15:00:00.000Z')).toBe('bc');
    // Days are in the pipeline's zone: a day of Seoul begins at 15:00 UTC.
    expect(await selected('--from 2026-11-22 --to 2026-11-22')).toBe('c');
    expect(await selected(`${pipeline.topic}/0/12 ${pipeline.topic}/1/10`)).toBe('bd');
    expect((await dlq('replay --from 2026-11-21T09:00')).code).toBe(2);
    expect((await dlq('replay --offset 12-11')).code).toBe(2);

    const chosen = await dlq('replay --partition 0 --offset 11-12 --wait 0 --json');
    expect(replayed(chosen.stdout)).toMatchObject({ replayed: 2, notSelected: 2 });
    expect(await pendingValues()).toEqual(['a', 'b']);
    expect(valuesOf(await contentsOf(kafka.brokers, pipeline.topic, 2)).sort()).toEqual(['c', 'd']);
  });

  it('is never sent again, also where Kafka has forgotten how far replays are', async () => {
    await putAside([{ value: 'a' }, { value: 'b', partition: 1 }]);
    expect(JSON.parse((await dlq('replay --json --wait 0')).stdout)).toMatchObject({ replayed: 2 });
    const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteGroups([replayGroupOf(pipeline.name)]);
    await admin.disconnect();

    expect(await pendingValues()).toEqual([]);
    expect(JSON.parse((await dlq('replay --json --wait 0')).stdout)).toMatchObject({ replayed: 0 });
  });

  it('sends each once, however often replays with and without a filter are killed', async () => {
    const LETTERS = 6_000;
    const values = Array.from({ length: LETTERS }, (_, index) => `letter ${index}`);
    const letters = values.map((value, index): Put => ({
      value,
      partition: index % 2,
      code: index % 3 === 0 ? 'TRANSFORM_FAILED' : 'BAD_RECORD',
    }));
    for (let at = 0; at < LETTERS; at += 2_000) await putAside(letters.slice(at, at + 2_000));

    let kills = 0;
    for (const filter of ['--code TRANSFORM_FAILED', '--code BAD_RECORD --offset 0-999', '']) {
      const mayKill = kills + 2;
      for (let isDone = false; !isDone;) {
        const outcome = await run(filter, { kill: kills < mayKill });
        if (outcome === 'killed') kills += 1;
        else expect(outcome).toBe(0);
        isDone = outcome === 0;
      }
    }
    expect(kills).toBeGreaterThan(2);
    expect(await pendingValues()).toEqual([]);
    const sent = valuesOf(await contentsOf(kafka.brokers, pipeline.topic, LETTERS));
    expect(differences(sent, values)).toEqual([]);
  });

  /** Runs a replay, and kills it when the topic grows. Returns its exit code if it ended before that. */
  async function run(filter: string, { kill }: { readonly kill: boolean }): Promise<'killed' | number | null> {
    const before = await ends();
    const options = ['dlq', 'replay', '--pipeline', pipeline.name, '--wait', '0', ...filter.split(' ').filter(Boolean)];
    const child = spawn(process.execPath, [COMMAND, ...options], {
      env: { ...process.env, ...environment() },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    if (kill) {
      while (child.exitCode === null && (await ends()) === before) await sleep(1);
      child.kill('SIGKILL');
    }
    await exited;
    return child.signalCode === null ? child.exitCode : 'killed';
  }

  async function ends(): Promise<number> {
    return (await topics.offsetsOf(pipeline.topic)).reduce((sum, { high }) => sum + high, 0);
  }
});

/** Gives the pipeline a datasource of its own. */
async function ownDatasource(datasource: string): Promise<void> {
  const file = `${pipeline.folder}/pipeline.yaml`;
  const yaml = await readFile(file, 'utf8');
  await writeFile(file, yaml.replace(/^( +)datasource: .*$/m, `$1datasource: ${datasource}`));
}
