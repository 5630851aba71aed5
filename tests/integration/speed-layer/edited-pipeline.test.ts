import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { speedGroupOf } from '../../../domain/speed-shard';
import { readConfig } from '../../../worker/config';
import { contentsOf } from '../shard/topic-contents';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
const kafka = { brokers: readConfig().kafka.brokers };
const PARTITIONS = 3;
const statusSchema = z.object({
  state: z.string(),
  folder: z.object({ version: z.string().optional(), code: z.string().optional() }),
  partitions: z.array(z.object({ partition: z.number(), version: z.string().optional(), kept: z.string().optional() })),
});
const rowSchema = z.object({ user_id: z.number(), hello: z.string(), letters: z.number().optional() });
type Row = z.infer<typeof rowSchema>;

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let producer: KafkaProducer;
/** How many events were sent. The next event has this id, and lies in partition id % PARTITIONS. */
let sent = 0;

beforeAll(async () => {
  pipeline = await ownPipeline();
  worker = await startWorker();
  producer = await KafkaProducer.connect(kafka);
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await untilStatus(({ partitions }) => partitions.length === PARTITIONS);
});
afterAll(() =>
  endAll(
    () => worker.stop(),
    () => producer.close(),
    () => pipeline.remove(),
  ),
);

const startWorker = (): Promise<BackgroundCommand> =>
  background('worker --role speed', pipeline.environment, '"msg":"ready"');

type Status = z.infer<typeof statusSchema>;
async function status(): Promise<Status> {
  return statusSchema.parse(
    JSON.parse(await succeed(`speed status --json --pipeline ${pipeline.name}`, pipeline.environment)),
  );
}

const untilStatus = (holds: (status: Status) => boolean): Promise<Status> =>
  until(`status that ${holds.toString()}`, async () => {
    const now = await status();
    return holds(now) && now;
  });

/** Whether every partition runs the version in the folder. */
const isTaken = ({ folder, partitions }: Status): boolean =>
  partitions.length === PARTITIONS &&
  partitions.every(({ version, kept }) => version !== undefined && version === folder.version && kept === undefined);

async function edit(file: string, from: string, to: string): Promise<void> {
  const path = join(pipeline.folder, file);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

async function send(count: number): Promise<void> {
  const time = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const messages = Array.from({ length: count }, (_, index) => {
    const id = sent + index;
    return { value: JSON.stringify({ hello: 'Hi', id, time }), partition: id % PARTITIONS };
  });
  await producer.send(pipeline.topic, messages);
  sent += count;
}

/** Sends events continually while `work` runs. */
async function sending(work: () => Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const worked = work().finally(() => {
    over.abort();
  });
  while (!over.signal.aborted) {
    await send(60);
    await sleep(20);
  }
  await worked;
  await send(300);
}

/** The rows of every event that was sent, by id. Fails if a row is missing or there twice. */
async function rows(): Promise<Row[]> {
  const topics = await KafkaTopics.connect(kafka);
  try {
    await until('the end of the topic', async () => {
      const committed = await topics.committedOffsets(speedGroupOf(pipeline.name), pipeline.topic);
      return [...committed.values()].reduce((sum, one) => sum + one, 0) >= sent;
    });
  } finally {
    await topics.close();
  }
  const messages = await contentsOf(kafka.brokers, `${pipeline.topic}_out`, sent);
  const found = messages.map(({ value }) => rowSchema.parse(JSON.parse(value ?? '')));
  found.sort((one, other) => one.user_id - other.user_id);
  expect(found.map(({ user_id: id }) => id)).toEqual(Array.from({ length: sent }, (_, id) => id));
  return found;
}

/** Fails unless each partition's rows have the first form up to one event, and the second form from there on. */
function expectOneBoundary(found: readonly Row[], isSecond: (row: Row) => boolean): void {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const forms = found.filter(({ user_id: id }) => id % PARTITIONS === partition).map(isSecond);
    const boundary = forms.indexOf(true);
    expect(boundary).toBeGreaterThan(0);
    expect(forms.slice(boundary)).not.toContain(false);
  }
}

it('follows an edited transform while events flow: each event once, old rows up to a boundary, new ones from there', async () => {
  await sending(async () => {
    await untilStatus(isTaken);
    await edit('transform.sql', 'e.hello', 'upper(e.hello) AS hello');
    await untilStatus(isTaken);
  });
  expectOneBoundary(await rows(), ({ hello }) => hello === 'HI');
  const shown = await succeed(`status --pipeline ${pipeline.name}`, pipeline.environment);
  expect(shown).toMatch(/batch: builds with version ([0-9a-f]{12})\nrealtime: runs version \1/);
});

it('keeps what it runs where the edit is wrong, also in the next worker, and takes the corrected one', async () => {
  const { folder } = await status();
  await sending(async () => {
    await edit('transform.sql', 'upper(e.hello)', 'uper(e.hello)');
    await untilStatus(({ partitions }) => partitions.some(({ kept }) => kept !== undefined));
    const shown = await daybreak(`status --pipeline ${pipeline.name}`, pipeline.environment);
    expect(shown.stdout).toContain('! batch: builds nothing, BAD_TRANSFORM: ');
    expect(shown.stdout).toContain(
      `! realtime keeps version ${folder.version ?? ''} (partitions 0, 1, 2): BAD_TRANSFORM: `,
    );
    await worker.stop();
    worker = await startWorker();
    await untilStatus(
      ({ partitions }) =>
        partitions.length === PARTITIONS &&
        partitions.every(({ version, kept }) => version === folder.version && kept !== undefined),
    );
    await edit('transform.sql', 'uper(e.hello)', 'reverse(e.hello)');
    await untilStatus(isTaken);
  });
  const found = await rows();
  expectOneBoundary(found, ({ hello }) => hello === 'iH');
  expect(new Set(found.map(({ hello }) => hello))).toEqual(new Set(['Hi', 'HI', 'iH']));
});

it('brings an added output column to Druid: the supervisor knows it before its rows come', async () => {
  await sending(async () => {
    await edit('transform.sql', 'n.uid', 'n.uid, length(e.hello) AS letters');
    await untilStatus(isTaken);
  });
  const found = await rows();
  expectOneBoundary(found, ({ letters }) => letters === 2);
  const { queries } = createDruidClient(readConfig().druid);
  const counted = z.object({ loaded: z.number(), lettered: z.number() });
  const count = async (): Promise<unknown> => {
    const sql = `SELECT COUNT(*) AS loaded, COUNT(letters) AS lettered FROM "${pipeline.topic}"`;
    const [answer] = await queries.sql(sql, [], counted).catch(() => []);
    return answer;
  };
  const expected = { loaded: sent, lettered: found.filter(({ letters }) => letters !== undefined).length };
  expect(expected.lettered).toBeGreaterThan(0);
  for (let tries = 0; tries < 120; tries += 1) {
    if (JSON.stringify(await count()) === JSON.stringify(expected)) break;
    await sleep(1_000);
  }
  expect(await count()).toEqual(expected);
});
