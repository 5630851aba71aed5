import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

type Row = [time: string, id: number, name: string, hello: string, uid: number];
interface Message {
  readonly partition: number;
  readonly offset: number;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const DAY = '2026-11-21';
const event = (id: number, time: string, hello = 'live'): string => JSON.stringify({ hello, id, time });
const rowOf = ([time, id, name, hello, uid]: Row): string =>
  JSON.stringify({ time, user_id: id, user_name: name, hello, uid });
const message = (value: string, offset: number, headers: Record<string, string> = {}): Message => {
  return { partition: 0, offset, value, headers };
};

let folder: string;
let server: Server;
/** Whether the next answer of the servers lacks its end. */
let isNextCutOff: boolean;
/** What is there after a good round: a day in the batch, two events of today and one bad one. */
let round: ReturnType<typeof goodRound>;

function goodRound() {
  const today: Row[] = [
    ['2026-11-22 09:00:00', 11, 'Barbara', 'live', 1],
    ['2026-11-22 09:00:01', 12, 'Grace', 'live', 2],
  ];
  return {
    lines: [event(1, `${DAY} 00:00:01`), event(1, `${DAY} 00:00:01`), 'bad'],
    events: [event(11, today[0]![0]), event(12, today[1]![0]), '{"id":'],
    output: today.map(rowOf),
    letters: [message('{"id":', 0, { 'daybreak.partition': '0', 'daybreak.offset': '2' })],
    acknowledged: [event(11, today[0]![0])],
    served: { day: [[`${DAY} 00:00:01`, 1, 'Barbara', 'live', 1]] as Row[], today },
    samples: [] as object[],
    commands: [] as object[],
    worker: [
      { mebibytes: 200, handles: 50 },
      { mebibytes: 250, handles: 55 },
    ],
    runs: ['speed-layer/p'],
    tasks: [{ dataSource: 'd', type: 'index_kafka' }],
    locks: [] as object[],
    scratch: [] as string[],
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-check-'));
  round = goodRound();
  isNextCutOff = false;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const whole = JSON.stringify(answer(request.url ?? '', body));
      response.end(isNextCutOff ? whole.slice(0, -1) : whole);
      isNextCutOff = false;
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

function answer(url: string, body: string): unknown {
  if (url.startsWith('/druid/v2/sql'))
    return body.includes(`>= TIMESTAMP '2026-11-20 15`) ? round.served.day : round.served.today;
  if (url.includes('state=running')) return round.tasks;
  if (url.includes('/tasks')) return [];
  if (url.endsWith('/activeLocks')) return { datasourceToLocks: { d: round.locks } };
  return { executions: round.runs.map((workflowId) => ({ execution: { workflowId } })) };
}

/** What the checker finds broken. */
async function check(patienceSeconds = 0): Promise<string[]> {
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const lines = (items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');
  const messages = (values: readonly string[]): string => JSON.stringify(values.map((value, at) => message(value, at)));
  for (const name of ['input', 'data/scratch']) await mkdir(join(folder, name), { recursive: true });
  await file('names.ndjson', '{"uid":1,"name":"Barbara"}\n{"uid":2,"name":"Grace"}\n');
  await file('input/names.20261121.00.json', round.lines.join('\n'));
  for (const name of round.scratch) await file(`data/scratch/${name}`, '');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const pipeline = {
    ...{ name: 'p', datasource: 'd', sealedDays: [DAY], folder, input: join(folder, 'input') },
    data: join(folder, 'data'),
    acknowledged: await file('acknowledged', round.acknowledged.join('\n')),
    dumps: {
      events: await file('events', messages(round.events)),
      output: await file('output', messages(round.output)),
      letters: await file('letters', JSON.stringify(round.letters)),
    },
  };
  const facts = {
    pipelines: [pipeline],
    samples: await file('samples', lines(round.samples)),
    commands: round.commands,
    worker: round.worker,
    ...{ brokerUrl: url, coordinatorUrl: url, temporalUrl: url, patienceSeconds },
  };
  const path = await file('facts.json', JSON.stringify(facts));
  const { stdout } = await promisify(execFile)('python3', ['-B', 'bench/torture/check.py', path]);
  const { broken } = JSON.parse(stdout) as { broken: { invariant: string; what: string }[] };
  return broken.map(({ invariant, what }) => `${invariant}: ${what}`);
}

it('finds nothing after a good round', async () => {
  expect(await check()).toEqual([]);
});

it.each<[string, () => unknown, RegExp]>([
  [
    'an output row twice',
    () => [round.output, round.served.today].map((rows: unknown[]) => rows.push(rows[0])),
    /^once: .*1 rows are too many/,
  ],
  [
    'an output row less',
    () => [round.output, round.served.today].map((rows: unknown[]) => rows.pop()),
    /^once: .*1 rows are missing/,
  ],
  ['a dead letter twice', () => round.letters.push(round.letters[0]!), /^once: .*1 letters are too many/],
  ['a dead letter less', () => round.letters.pop(), /^once: .*1 letters are missing/],
  [
    'an acknowledged event that Kafka lost',
    () => round.acknowledged.push(event(13, '2026-11-22 10:00:00')),
    /^today: Kafka lost 1/,
  ],
  [
    'a row of today twice in Druid',
    () => round.served.today.push(round.served.today[0]!),
    /^today: from 2026-11-22 on 1 rows are too many/,
  ],
  [
    'a sealed row with another name',
    () => (round.served.day[0]![2] = 'Ada'),
    /^sealed: of 2026-11-21 1 rows are missing.*1 rows are too many/,
  ],
  ['a duplicate that the batch kept', () => round.served.day.push(round.served.day[0]!), /^sealed: .*too many/],
  ['a late line that nobody built', () => round.lines.push(event(2, `${DAY} 00:30:00`)), /^sealed: .*missing/],
  ['a run that goes on', () => round.runs.push('daily-batch/p/2026-11-21'), /^left: 1 runs are too many/],
  ['a speed layer that has ended', () => round.runs.pop(), /^left: 1 runs are missing/],
  ['a task that goes on', () => round.tasks.push({ dataSource: 'd', type: 'index_parallel' }), /^left: 1 tasks/],
  [
    'a lock in the day',
    () => round.locks.push({ interval: '2026-11-20T15:00:00Z/2026-11-21T15:00:00Z' }),
    /^left: .*lock/,
  ],
  ['a scratch file', () => round.scratch.push('proof.1'), /^left: .*proof\.1/],
  [
    'a failure without a name',
    () => round.commands.push({ command: 'status', code: 1, said: 'Error: no\n  at x' }),
    /^named: /,
  ],
  [
    'a failure without a remedy',
    () => round.commands.push({ command: 'status', code: 1, said: 'KAFKA_UNREACHABLE x.\n' }),
    /^named: /,
  ],
  ['a defect', () => round.commands.push({ command: 'status', code: 1, said: 'DEFECT x\n  → y' }), /^named: /],
  ['handles that grow', () => (round.worker[1]!.handles = 500), /^flat: .*500 handles/],
  ['memory that grows', () => (round.worker[1]!.mebibytes = 900), /^flat: .*900 MiB/],
])('finds %s', async (_, spoil, found) => {
  spoil();
  expect(await check()).toEqual([expect.stringMatching(found)]);
});

it('asks again after a part of an answer', async () => {
  isNextCutOff = true;
  expect(await check(60)).toEqual([]);
});

it('accepts what status says of a server that is down', async () => {
  const said = '│ Kafka │ down │\n! Kafka: does not answer\n→ Start what is down: npx daybreak up\n';
  round.commands.push({ command: 'status', code: 1, said });
  expect(await check()).toEqual([]);
});

it('accepts what a backfill says of a day that failed', async () => {
  const row = '│ 2026-10-21 │ failed:DRUID_TASK_FAILED │ its task failed. Read its log │\n';
  round.commands.push({ command: 'backfill', code: 1, said: `${row}requested 1\n→ run the same command again\n` });
  expect(await check()).toEqual([]);
});

it('accepts a failure that has a name and a remedy, and rows of an edited pipeline', async () => {
  round.commands.push({
    command: 'batch run',
    code: 1,
    said: '$ x\nBAD_TABLE names cannot be read.\n  cause: y\n  → Correct it.\n',
  });
  const edited: Row = [...round.served.today[0]!];
  edited[2] = 'Barbara~';
  round.served.today[0] = edited;
  round.output[0] = rowOf(edited);
  expect(await check()).toEqual([]);
});

describe('a day from two sides', () => {
  const sample = (...rows: [string, string, number][]): object => ({ pipeline: 'p', at: 'now', rows });
  const [one, two] = [`${DAY} 00`, `${DAY} 01`];
  const realtime = (hour: string) => [[hour, 'mark-twice', 2]] as [string, string, number][];
  const batch = (hour: string, ...late: number[]): [string, string, number][] => [
    [hour, 'mark-twice', 1],
    ...late.map((mark): [string, string, number] => [hour, `mark-late-${mark}`, 1]),
  ];

  it.each<[string, [string, string, number][], boolean]>([
    ['realtime alone', [...realtime(one), ...realtime(two)], true],
    ['the batch alone', [...batch(one, 1, 2), ...batch(two, 1, 2)], true],
    ['hours of both', [...realtime(one), ...batch(two, 1)], false],
    ['hours of two builds', [...batch(one, 1), ...batch(two, 1, 2)], false],
    [
      'an hour of both',
      [
        [one, 'mark-twice', 3],
        [one, 'mark-late-1', 1],
      ],
      false,
    ],
    [
      'an hour of two builds',
      [
        [one, 'mark-twice', 2],
        [one, 'mark-late-1', 2],
      ],
      false,
    ],
  ])('%s', async (_, rows, isWhole) => {
    round.samples.push(sample(...rows), { pipeline: 'p', at: 'now', error: 'no answer' });
    expect(await check()).toEqual(isWhole ? [] : [expect.stringMatching(/^mixture: 2026-11-21 at now/)]);
  });
});
