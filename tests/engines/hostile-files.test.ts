import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { RecordCounts } from '../../domain/day-manifest';
import type { QuarantinedRecord } from '../../engines/versions/quarantine';
import { DAY, event, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
const MEBIBYTE = 1024 ** 2;
const GOOD = lines(event(1), event(2));
/** Each input would need more than this if it were held in memory. A smaller heap needs only smaller inputs. */
const HEAP_MEBIBYTES = 80;
/** Far below the 60 seconds after which Temporal considers an activity without heartbeats lost. */
const LONGEST_SILENCE = 15_000;

/**
 * Builds one day after another in a process with a small heap. Reports for how long nothing else could run. One
 * process, since its start takes as long as a build. No part of a build may stay in it.
 */
const CHILD = `
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runDayBuild } from ${JSON.stringify(join(process.cwd(), 'engines/build-day'))};
import { loadPipeline } from ${JSON.stringify(join(process.cwd(), 'engines/load-pipeline'))};
async function build({ folder, ...options }) {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  const pipeline = await loadPipeline(folder);
  delay.enable();
  const { counts } = await runDayBuild(pipeline, { date: '${DAY}', engine: 'duckdb', ...options });
  delay.disable();
  return { counts, silence: delay.max / 1e6 };
}
process.on('message', (options) => {
  build(options).then((answer) => process.send(answer), (thrown) => process.send({ failure: String(thrown) }));
});
`;

type Answer = { readonly counts: RecordCounts; readonly silence: number } | { readonly failure: string };

let child: ChildProcess | undefined;
let isBusy = false;
let errors = '';

beforeAll(async () => {
  await writeFile(join(root, 'child.ts'), CHILD);
});
afterAll(() => child?.kill('SIGKILL'));

/**
 * Starts the child if there is none, for example after a build that was too large for its heap or too slow for its
 * test.
 */
async function builder(): Promise<ChildProcess> {
  if (child !== undefined && isBusy) {
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  }
  if (child !== undefined) return child;
  errors = '';
  child = fork(join(root, 'child.ts'), {
    execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`, '--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(0, 2000)));
  return child.once('close', () => (child = undefined));
}

/** The child's answer to an order, or its output when it died. */
async function answerTo(order: object): Promise<Answer> {
  const asked = await builder();
  const over = new AbortController();
  const { signal } = over;
  const gone = once(asked, 'close', { signal }).then((): Answer => ({ failure: errors }));
  const answer = once(asked, 'message', { signal }).then(([told]) => told as Answer); // The child sends nothing else.
  for (const one of [gone, answer]) one.catch(() => undefined); // Aborted if the other comes first.
  isBusy = true;
  asked.send(order);
  try {
    return await Promise.race([gone, answer]);
  } finally {
    isBusy = false;
    over.abort();
  }
}

interface Built {
  readonly counts: RecordCounts;
  readonly rows: readonly string[];
  readonly quarantine: readonly QuarantinedRecord[];
}

/** Also fails if the child was blocked for long. */
async function build(
  files: Readonly<Record<string, string | Buffer>>,
  { memory = 1024, threads = 2, transform = (sql: string) => sql } = {},
): Promise<Built> {
  // A folder of its own: an earlier build that ran out of time may still write.
  const own = await mkdtemp(join(root, 'day-'));
  try {
    return await buildIn(own, files, { memory, threads, transform });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

interface Limits {
  /** MiB. */
  readonly memory: number;
  readonly threads: number;
  readonly transform: (sql: string) => string;
}

async function buildIn(
  own: string,
  files: Readonly<Record<string, string | Buffer>>,
  { memory, threads, transform }: Limits,
): Promise<Built> {
  const [input, output] = [join(own, 'input'), join(own, 'output')];
  await writeFiles(input, files);
  const folder = await pipelineLike('events', join(own, 'pipeline'), { 'transform.sql': transform });
  const answer = await answerTo({ folder, input, output, memoryLimit: memory * MEBIBYTE, threads });
  if ('failure' in answer) throw new Error(answer.failure);
  const { counts, silence } = answer;
  expect(silence).toBeLessThan(LONGEST_SILENCE);
  const quarantine = await readFile(join(output, DAY, '_quarantine.ndjson'), 'utf8').catch(() => '');
  return {
    counts,
    rows: await rowsOf(output, DAY),
    quarantine: quarantine
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as QuarantinedRecord),
  };
}

const FILE = 'names.20261121.07.json';

it('a small file of one bad line and 9 Mi blank ones is built', async () => {
  const feeds = gzipSync(Buffer.concat([Buffer.from([0xff]), Buffer.alloc(9 * MEBIBYTE, '\n'), Buffer.from(GOOD)]));
  const { rows, quarantine } = await build({ [`${FILE}.gz`]: feeds });
  expect(rows).toHaveLength(2);
  expect(quarantine).toEqual([
    { file: `${FILE}.gz`, line: 1, reason: 'not valid UTF-8', text: '\ufffd', base64: '/w==' },
  ]);
});

it.each([
  ['that are no UTF-8', '\xff\n', 'not valid UTF-8'],
  ['that are no JSON', 'x\n', 'not JSON'],
])('a small file of 270,000 lines %s is quarantined line by line', async (_, line, reason) => {
  const count = 270_000;
  const bad = Buffer.alloc(2 * count, line, 'latin1');
  const { counts, rows, quarantine } = await build({
    [`${FILE}.gz`]: gzipSync(Buffer.concat([bad, Buffer.from(GOOD)])),
  });
  expect(counts).toMatchObject({ read: count + 2, written: 2, quarantined: count });
  expect(rows).toHaveLength(2);
  expect(quarantine).toHaveLength(count);
  expect(quarantine.at(-1)).toMatchObject({ file: `${FILE}.gz`, line: count, reason });
});

it('a line without end is bad, with its beginning and its length, and what is behind it is built', async () => {
  const most = 44 * MEBIBYTE;
  const packed = Buffer.concat([gzipSync(Buffer.alloc(most, 'a')), gzipSync(`\n${GOOD}`)]);
  const { rows, quarantine } = await build({
    [`${FILE}.gz`]: packed,
    'names.20261121.08.json': Buffer.alloc(most, 'b'),
  });
  expect(rows).toHaveLength(2);
  expect(quarantine).toEqual([
    expect.objectContaining({ file: `${FILE}.gz`, line: 1, cutFrom: most }),
    expect.objectContaining({ file: 'names.20261121.08.json', line: 1, cutFrom: most }),
  ]);
});

it('members within members are one record that is bad, or a file that is not read where they come first', async () => {
  const nested = gzipSync(gzipSync(gzipSync(Buffer.alloc(44 * MEBIBYTE, '\n'))));
  const behind = Buffer.concat([gzipSync(GOOD), nested, gzipSync(`\n${GOOD}`)]);
  const first = Buffer.concat([nested, gzipSync(`\n${GOOD}`)]);
  const { rows, quarantine } = await build({ [`${FILE}.gz`]: behind, 'names.20261121.08.json.gz': first });
  expect(rows).toHaveLength(2);
  expect(quarantine.at(-1)?.reason).toContain('its content is gzip within gzip');
});

it('of a file of nothing but broken members some are named, and the rest as a whole', async () => {
  const first = gzipSync(GOOD);
  const broken = Buffer.concat([gzipSync('x'), Buffer.from('?')]);
  const files = { [`${FILE}.gz`]: Buffer.concat([first, ...Array.from({ length: 2_000 }, () => broken)]) };
  const { rows, quarantine } = await build(files);
  expect(rows).toHaveLength(2);
  const faults = quarantine.filter(({ text }) => text === '');
  expect(faults).toHaveLength(1001);
  expect(faults.at(-1)?.reason).toMatch(/^the last \d+ bytes were left out/);
});

it('a file of places that begin like members is looked through to its end only so far', async () => {
  const likeMember = Buffer.concat([gzipSync('').subarray(0, 10), Buffer.alloc(2, 0xff)]);
  const packed = Buffer.concat([gzipSync(GOOD), ...Array.from({ length: 20_000 }, () => likeMember)]);
  const { rows, quarantine } = await build({ [`${FILE}.gz`]: packed });
  expect(rows).toHaveLength(2);
  expect(quarantine).toHaveLength(1);
});

/** Valid records of almost a mebibyte. */
const TIME = '"time":"2026-11-21 07:00:00"';
const LARGE = {
  'many keys': `{"hello":"k","id":5,${TIME}${Array.from({ length: 95_000 }, (_, key) => `,"k${key}":1`).join('')}}`,
  'many numbers': `{"hello":"k","id":5,${TIME},"list":[${'1,'.repeat(500_000)}1]}`,
  'many escapes': `{"hello":"${'\\u00e4'.repeat(170_000)}","id":5,${TIME}}`,
  'a long text': `{"hello":"${'x'.repeat(MEBIBYTE - 100)}","id":5,${TIME}}`,
} as const;

it.each(Object.entries(LARGE))(
  'a record of %s is built with the least memory, and with many threads',
  async (_, record) => {
    // Memory for one hour at a time, and for eight hours at once.
    for (const { hours, ...limits } of [
      { hours: 2, memory: 128, threads: 2 },
      { hours: 12, memory: 1024, threads: 24 },
    ]) {
      const files = Object.fromEntries(
        Array.from({ length: hours }, (_, hour) => {
          const two = String(hour).padStart(2, '0');
          const own = (text: string): string => text.replaceAll(' 07:', ` ${two}:`);
          return [`names.20261121.${two}.json`, own(`${record}\n${GOOD}`)];
        }),
      );
      expect((await build(files, limits)).counts).toMatchObject({ written: 3 * hours, quarantined: 0 });
    }
  },
);

describe('more records of a mebibyte than DuckDB has memory for', () => {
  const COUNT = 40;
  const LIMITS = { memory: 32, threads: 24 };
  const large = (id: number, start = 'x', time = '2026-11-21 07:00:00'): string =>
    event(id, time, `${start}${'x'.repeat(MEBIBYTE - 100)}`);
  const many = (record: (id: number) => string): string =>
    lines(...Array.from({ length: COUNT }, (_, id) => record(id)));

  it.each([
    ['all of one layout', 'x'],
    ['each with an escape', '\\u00e4'],
  ])('are built, %s', async (_, start) => {
    const { counts, rows } = await build({ [FILE]: many((id) => large(id, start)) + GOOD }, LIMITS);
    expect(counts).toMatchObject({ read: COUNT + 2, written: COUNT + 2, quarantined: 0 });
    expect(rows.filter((row) => row.length > MEBIBYTE - 200)).toHaveLength(COUNT);
  });

  it('are built once where they are duplicates', async () => {
    const text = many((id) => large(id % 10));
    expect((await build({ [FILE]: text + GOOD }, LIMITS)).counts).toMatchObject({
      written: 12,
      duplicates: COUNT - 10,
    });
  });

  it('are built in their own hours', async () => {
    const text = many((id) => large(id, 'x', `2026-11-21 0${8 + (id % 2)}:00:00`));
    const { counts } = await build({ [FILE]: text + GOOD }, LIMITS);
    expect(counts).toMatchObject({ read: COUNT + 2, written: COUNT + 2 });
  });

  it.each([
    ['no JSON', (text: string) => text.replaceAll('}\n', '\n'), 'not JSON'],
    ['no UTF-8', (text: string) => Buffer.from(text.replaceAll('"x', '"\xff'), 'latin1'), 'not valid UTF-8'],
  ])('are quarantined, each with its position, where they are %s', async (_, damage, reason) => {
    const bad = Buffer.from(damage(many((id) => large(id))));
    const { counts, rows, quarantine } = await build({ [FILE]: Buffer.concat([bad, Buffer.from(GOOD)]) }, LIMITS);
    expect(counts).toMatchObject({ written: 2, quarantined: COUNT });
    expect(rows).toHaveLength(2);
    expect(quarantine.map(({ line }) => line)).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
    expect(quarantine.every((record) => record.reason === reason && record.text.length > MEBIBYTE - 200)).toBe(true);
  });

  it('are quarantined where the transform fails on them', async () => {
    const transform = (sql: string): string =>
      sql.replace(
        'e.hello',
        'CASE WHEN length(e.hello) > 100 THEN e.hello::INTEGER::VARCHAR ELSE e.hello END AS hello',
      );
    const { counts, quarantine } = await build({ [FILE]: many((id) => large(id)) + GOOD }, { ...LIMITS, transform });
    expect(counts).toMatchObject({ written: 2, quarantined: COUNT });
    expect(quarantine.map(({ line }) => line)).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
    expect(quarantine[7]?.text).toBe(large(7));
  });
});
