import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { framingFault } from '../../engines/input/framing/json-framing';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../engines/load-pipeline';
import { contentsOf, DAY, pipelineLike, rowsOf, scratchFolder, unfiltered, writeFiles } from './scratch';

const root = scratchFolder();

const text = fc.oneof(
  fc.constantFrom('ssm-seoul', '', 'nan,}', '"', '\\', 'a\tb', '서울', '😀', '\0', '\u007f'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const integer = fc.oneof(
  fc.bigInt({ min: -12n, max: 12n }),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 10n ** 17n, 10n ** 18n - 1n, 10n ** 18n),
);
const two = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((n) => String(n).padStart(2, '0'));
const clock = fc.tuple(two(0, 24), two(0, 60), two(0, 60)).map((parts) => parts.join(':'));
const time = fc.oneof(
  { weight: 8, arbitrary: two(0, 59).map((second) => `"2026-11-21 07:00:${second}"`) },
  clock.map((at) => `"2026-11-21 ${at}"`),
  clock.map((at) => `"1987-05-10 ${at}"`),
  fc.tuple(two(0, 13), two(0, 32)).map(([month, day]) => `"2026-${month}-${day} 07:00:00"`),
  fc.constantFrom('null', '1', '""', '"2026-11-21T07:00:00"', '"2026-11-21 07:00:00 "', '"2026-11-21 07:00:0\\u0030"'),
);
const wrong = fc.constantFrom(
  '1.5',
  '5.0',
  '1e3',
  '-0',
  'true',
  'null',
  '"5"',
  '{}',
  '[1,]',
  'NaN',
  '01',
  '+1',
  '{"a":1}',
  '',
);
const jsonText = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  text.map((value) => `"${value}"`),
);
const value = (usual: fc.Arbitrary<string>) => fc.oneof({ weight: 9, arbitrary: usual }, wrong);
const blank = fc.constantFrom('', '', '', ' ', '\t');

const record = fc
  .tuple(
    value(jsonText),
    value(integer.map(String)),
    time,
    fc.shuffledSubarray(['hello', 'id', 'time'], { minLength: 2 }),
    fc.option(fc.tuple(fc.constantFrom('_at', 'id', 'h\\u0065llo'), wrong), { freq: 9, nil: undefined }),
    blank,
  )
  .map(([hello, id, at, order, extra, space]) => {
    const fields = order.map((name) => `"${name}"${space}:${space}${{ hello, id, time: at }[name] ?? ''}`);
    if (extra !== undefined) fields.push(`"${extra[0]}":${extra[1]}`);
    return `${space}{${fields.join(`${space},`)}}${space}`;
  });
const usual = fc
  .tuple(fc.integer({ min: -2, max: 30 }), two(0, 3))
  .map(([id, second]) => `{"hello":"ssm-seoul","id":${id},"time":"2026-11-21 07:00:${second}"}`);
/** Text of one line that is not blank. A file holds lines, so no other text can come from a file. */
const line = fc
  .oneof({ weight: 5, arbitrary: usual }, { weight: 5, arbitrary: record }, fc.string(), fc.json())
  .filter((text) => !text.includes('\n') && !/^[ \t\r]*$/.test(text) && !text.startsWith('\ufeff'))
  .map((text) => text.replace(/[\ud800-\udfff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?'));
const unframed = fc.oneof(
  { weight: 19, arbitrary: line.map((text) => Buffer.from(text)) },
  fc
    .uint8Array({ minLength: 1, maxLength: 20 })
    .map((array) => Buffer.from([0xff, ...array.filter((byte) => byte !== 10)])),
);

const MARK = '\ufeff';
/** What may stand around a record, in a Kafka value and in a file. */
const framing = fc.record({
  before: fc.constantFrom('', '', '', MARK, '\n', '\r\n', ' \t\n', `${MARK}\n`, `${MARK}${MARK}`, `\n${MARK}`),
  behind: fc.constantFrom('', '\n', '\r\n', '\n\n', ' \t\r', `\n${MARK}`, '\n \n'),
});
interface Framed {
  readonly value: Buffer;
  /** The number of blank lines before the record. */
  readonly blankLines: number;
  /** The number of lines of the value when it is written to a file. */
  readonly lines: number;
}
const framed = fc.tuple(unframed, framing).map(([bytes, { before, behind }]): Framed => {
  const feeds = (text: string): number => text.split('\n').length - 1;
  return {
    value: Buffer.concat([Buffer.from(before), bytes, Buffer.from(behind)]),
    blankLines: feeds(before),
    lines: feeds(before) + feeds(behind) + 1,
  };
});

/** 64 bits cannot hold four times its id. */
const FAILING_ON_ANOTHER_DAY = '{"id":2305843009213693952,"hello":"","time":"2026-01-01 07:00:00"}';

describe('micro-batches and the day', () => {
  let events: LoadedPipeline;

  beforeAll(async () => {
    // The transform fails on some of the integers, and divides by zero for others.
    const text = (sql: string): string => sql.replace('e.id AS', 'e.id / (e.id % 3) AS share, e.id * 4 AS');
    events = await loadPipeline(await pipelineLike('events', join(root, 'failing'), { 'transform.sql': text }));
  });

  it('give the same rows and the same rejects for the same records', async () => {
    const transform = await openMicroBatch(events);
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(framed, { minLength: 1, maxLength: 60 }), async (values) => {
          run += 1;
          const [input, output] = [join(root, `input-${run}`), join(root, `output-${run}`)];
          const records = values.map(({ value }) => value);
          const content = Buffer.concat(records.flatMap((one) => [one, Buffer.from('\n')]));
          // A file of another framing is refused as a whole; the speed layer knows no files.
          fc.pre(framingFault('lines', content) === undefined);
          await writeFiles(input, { 'names.20261121.07.json': content });
          const { messages, rejects } = await runIsolated(transform, records);
          const manifest = await runDayBuild(events, { date: DAY, input, output, engine: 'duckdb', threads: 1 });

          const ofDay = messages.map(({ value: row }) => row).filter((row) => row.includes('"time":"2026-11-21 '));
          for (const row of messages) expect(() => JSON.parse(row.value) as unknown).not.toThrow();
          expect(await rowsOf(output, DAY)).toHaveLength(new Set(ofDay).size);
          expect(new Set(await rowsOf(output, DAY))).toEqual(new Set(ofDay));
          // A valid record of another day does not belong to the day, whatever the transform would make of it.
          const faults = rejects.filter(({ index, code }) => code === undefined || isOfDay(records[index]));
          const reasons = faults.map(({ index, code, reason }) => [
            lineOf(values, index),
            code === undefined ? reason : `the transform fails on it: ${reason}`,
          ]);
          expect(await faultsOf(output)).toEqual(reasons);
          expect(manifest.counts).toEqual(
            unfiltered({
              read: records.length,
              kept: new Set(ofDay).size,
              duplicates: ofDay.length - new Set(ofDay).size,
              quarantined: faults.length,
              outsideDay: messages.length - ofDay.length + rejects.length - faults.length,
            }),
          );
          await rm(input, { recursive: true });
          await rm(output, { recursive: true });
        }),
        { numRuns: 20, examples: [[[FAILING_ON_ANOTHER_DAY, '!'].map(unframedOf)]] },
      );
    } finally {
      transform.close();
    }
  });
});

function unframedOf(text: string): Framed {
  return { value: Buffer.from(text), blankLines: 0, lines: 1 };
}

/** The line of the value at `index`, in a file of all values. */
function lineOf(values: readonly Framed[], index: number): number {
  const before = values.slice(0, index).reduce((total, { lines }) => total + lines, 0);
  return before + (values[index]?.blankLines ?? 0) + 1;
}

function isOfDay(record: Buffer | undefined): boolean {
  const { time } = JSON.parse(String(record).replaceAll('\ufeff', '')) as { time: string };
  return time.startsWith('2026-11-21 ');
}

async function faultsOf(output: string): Promise<unknown[]> {
  const text = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
  return text
    .split('\n')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const { line: position, reason } = JSON.parse(entry) as { line: number; reason: string };
      return [position, reason];
    });
}
