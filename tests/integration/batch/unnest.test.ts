import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { contentsOf, differences } from '../shard/topic-contents';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { servedBy, ZONE } from './day-rows';
import { sendToRealtime } from './send-to-realtime';

useStack();
const date = parseBusinessDate('2026-03-14');
const config = readConfig();
const druid = createDruidClient(config.druid);

const SQL = `SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid, e.tag
FROM (SELECT *, unnest(tags) AS tag FROM events) e LEFT JOIN names n ON n.uid = e.id % 10
`;
const NAMES = ['Ada', 'Barbara', 'Grace', 'Edsger', 'Katherine', 'Donald', 'Margaret', 'Alan', 'Radia', 'Leslie'];
const HOURS = ['07', '08', '09'];
const OF_HOUR = 300;
const DUPLICATES = 40;
/** The last events of each hour reach the files, but not Kafka. */
const LATE = 25;
/** Of these, so many reach the files after the first run. */
const LATEST = 7;

type Tags = readonly (string | null)[] | null;
interface Event {
  readonly hello: string;
  readonly id: number;
  readonly time: string;
  readonly tags: Tags;
}

/** No row, one, several, equal ones, and those of null and of the empty text. */
const TAGS: readonly Tags[] = [[], ['a'], ['b', 'c'], ['d', 'd'], ['e', null, ''], null];

const events = HOURS.map((hour, index) =>
  Array.from({ length: OF_HOUR }, (_, number): Event => {
    const time = `${date} ${hour}:${String(number % 60).padStart(2, '0')}:${String(number % 7).padStart(2, '0')}`;
    return { hello: `서 ${number}`, id: index * OF_HOUR + number, time, tags: TAGS[number % TAGS.length] ?? null };
  }),
);
const textOf = (event: Event): string => JSON.stringify(event);
const BAD = ['{"hello":', '{"hello":"x","id":1,"time":"noon","tags":["a"]}'];
/** It would give more rows than events.maximumRows. */
const tooMany = (hour: string): string =>
  textOf({ hello: 'x', id: 1, time: `${date} ${hour}:00:00`, tags: ['a', 'b', 'c', 'd'] });
const badOf = (hour: string): string[] => [...BAD, tooMany(hour)];

/** The rows of events, computed here independently. */
const rowsOf = (of: readonly Event[]): string[] =>
  of.flatMap(({ time, id, hello, tags }) =>
    (tags ?? []).map((tag) => JSON.stringify([time, id, NAMES[id % 10], hello, id % 10, tag])),
  );

const row = z.object({
  time: z.string(),
  user_id: z.number(),
  user_name: z.string(),
  hello: z.string(),
  uid: z.number(),
  tag: z.string().nullable(),
});
const rowText = ({ time, user_id: id, user_name: name, hello, uid, tag }: z.infer<typeof row>): string =>
  JSON.stringify([time, id, name, hello, uid, tag]);

async function served(datasource: string): Promise<string[]> {
  const { start, end } = dayInterval(date, ZONE);
  const query = `SELECT TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss', '${ZONE}') AS "time", user_id, user_name, hello, uid, tag
     FROM "${datasource}" WHERE __time >= TIME_PARSE(?) AND __time < TIME_PARSE(?)`;
  return (await servedBy(datasource, () => druid.queries.sql(query, [start, end], row))).map(rowText);
}

const PROOFS = [
  ['rows', 'proof: rows\n', (yaml: string) => yaml],
  [
    'digests',
    'proof: aggregates\n',
    (yaml: string) => yaml.replace(/^( +)(datasource: .*)$/m, '$1$2\n$1digestColumn: row_digest'),
  ],
] as const;

describe.each(PROOFS)('a day of events with no, one and several rows, proven by %s', (proof, setting, change) => {
  let pipeline: OwnPipeline;
  let worker: BackgroundCommand;
  const startWorker = async (): Promise<void> => {
    worker = await background('worker', pipeline.environment, '"msg":"ready"');
  };
  const on = (): string => `--pipeline ${pipeline.name} --date ${date}`;
  const fileOf = (hour: string): string => join(pipeline.input, `names.20260314.${hour}.json`);
  const result = async (command: string): Promise<DailyBatchResult> =>
    JSON.parse(await succeed(`batch ${command} ${on()} --json`, pipeline.environment)) as DailyBatchResult;

  beforeAll(async () => {
    pipeline = await ownPipeline((yaml) =>
      change(yaml)
        .replace(/^events:\n/m, 'events:\n  maximumRows: 3\n')
        .replace(/^( *)id: BIGINT/m, '$1id: BIGINT\n$1tags: VARCHAR[]')
        .replace(/settleSeconds: \d+/, 'settleSeconds: 0\n  allowedMissingHours: 21')
        .concat(setting),
    );
    await writeFile(join(pipeline.folder, 'transform.sql'), SQL);
    await mkdir(pipeline.input, { recursive: true });
    for (const [index, hour] of HOURS.entries()) {
      const own = (events[index] ?? []).slice(0, -LATEST).map(textOf);
      const lines = [...own, ...own.slice(0, DUPLICATES), ...badOf(hour)];
      await writeFile(fileOf(hour), lines.map((line) => `${line}\n`).join(''));
    }
    await startWorker();
  });
  afterAll(() =>
    endAll(
      () => worker.stop(),
      () => pipeline.remove(),
    ),
  );

  const sent = HOURS.flatMap((hour, index) => {
    const own = (events[index] ?? []).slice(0, -LATE);
    return [...own, ...own.slice(0, DUPLICATES)].map((event) => ({ hour, event }));
  });
  const inRealtime = rowsOf(sent.map(({ event }) => event));
  const first = rowsOf(events.flatMap((own) => own.slice(0, -LATEST)));
  const all = rowsOf(events.flat());

  it('realtime has the rows of each event once, also if the worker of its shard was killed', async () => {
    await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
    const half = sent.length / 2;
    const values = sent.map(({ event }) => textOf(event));
    await sendToRealtime(pipeline.topic, [...values.slice(0, half), ...HOURS.flatMap(badOf)]);
    await until('the first half', async () => (await served(pipeline.topic)).length > 0);
    const sending = sendToRealtime(pipeline.topic, values.slice(half));
    worker.child.kill('SIGKILL');
    await sending;
    await startWorker();
    await until('the rows in realtime', async () => (await served(pipeline.topic)).length >= inRealtime.length);
    const output = await contentsOf(config.kafka.brokers, `${pipeline.topic}_out`, inRealtime.length);
    const written = output.map(({ value }) => rowText(row.parse(JSON.parse(value ?? ''))));
    expect(differences(written, inRealtime)).toEqual([]);
    expect(differences(await served(pipeline.topic), inRealtime)).toEqual([]);
    const deadLetters = await contentsOf(config.kafka.brokers, `${pipeline.topic}_dlq`, HOURS.length * 3);
    expect(deadLetters.map(({ value }) => value).sort()).toEqual(HOURS.flatMap(badOf).sort());
  });

  it('replaces and proves the day, with the figures of rows and of events', async () => {
    const replaced = await result('run');
    const kept = (OF_HOUR - LATEST) * HOURS.length;
    expect(replaced).toMatchObject({
      ...{ verdict: 'replaced', proof, before: 'realtime' },
      counts: {
        ...{ read: kept + HOURS.length * (DUPLICATES + 3), duplicates: HOURS.length * DUPLICATES },
        ...{ quarantined: HOURS.length * 3, kept, written: first.length },
      },
    });
    for (const [index, hour] of HOURS.entries()) {
      const own = events[index] ?? [];
      const [written, streamed] = [rowsOf(own.slice(0, -LATEST)), rowsOf(own.slice(0, -LATE))];
      const distinct = new Set(streamed).size;
      expect(replaced.hours.find((one) => one.hour === hour)).toMatchObject({
        ...{ written: written.length, druidRows: written.length, equal: true, duplicates: DUPLICATES },
        ...{ realtimeRows: streamed.length + rowsOf(own.slice(0, DUPLICATES)).length, realtimeDistinct: distinct },
        filtered: own.slice(0, -LATEST).filter(({ tags }) => tags === null || tags.length === 0).length,
      });
    }
    expect(differences(await served(pipeline.topic), first)).toEqual([]);
    await succeed(`batch verify ${on()}`, pipeline.environment);
  });

  // What it shows does not depend on the kind of proof, and it loads the day three times.
  if (proof !== 'rows') return;
  it('takes in what came late, and brings each version back with proof', async () => {
    for (const [index, hour] of HOURS.entries()) {
      const latest = (events[index] ?? []).slice(-LATEST);
      await appendFile(fileOf(hour), latest.map((event) => `${textOf(event)}\n`).join(''));
    }
    expect(await result('run')).toMatchObject({ before: 'batch', counts: { written: all.length } });
    expect(differences(await served(pipeline.topic), all)).toEqual([]);
    for (const expected of [first, all]) {
      expect(await result('restore')).toMatchObject({ verdict: 'restored', proof });
      expect(differences(await served(pipeline.topic), expected)).toEqual([]);
      await succeed(`batch verify ${on()}`, pipeline.environment);
    }
  });
});
