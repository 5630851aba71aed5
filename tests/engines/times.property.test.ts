import { TZDate } from '@date-fns/tz';
import { format as dateText } from 'date-fns/format';
import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnType, TimeFormat } from '../../domain/pipeline';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../engines/load-pipeline';
import { openEventTimes } from '../../engines/rule/event-times';
import { BATCHES_TIMEOUT, overBatches } from './over-batches';
import { contentsOf, DAY, lines, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();

/** Their clocks do not change around the day. Fixed offsets are zones, too. */
const ZONES = ['Asia/Seoul', 'Asia/Kolkata', 'Etc/GMT-1', 'Etc/GMT+5', 'UTC'] as const;
const NOON = BigInt(Date.UTC(2026, 10, 21, 12));
/** The known years, in milliseconds since 1970. */
const FIRST = BigInt(Date.UTC(1900, 0, 1));
const END = BigInt(Date.UTC(2100, 0, 1));

/** Microseconds since 1970 that are near an instant, often whole seconds or milliseconds. */
function near(milliseconds: bigint, hours: number): fc.Arbitrary<bigint> {
  const reach = BigInt(hours) * 3_600_000n;
  const every = fc.bigInt({ min: (milliseconds - reach) * 1000n, max: (milliseconds + reach) * 1000n });
  return fc.oneof(
    every,
    every.map((moment) => floored(moment, 1000n) * 1000n),
    every.map((moment) => floored(moment, 1_000_000n) * 1_000_000n),
  );
}
const ofDay = near(NOON, 24);
const ofYears = fc.oneof(
  { weight: 6, arbitrary: ofDay },
  { weight: 2, arbitrary: fc.bigInt({ min: FIRST * 1000n, max: END * 1000n - 1n }) },
  near(0n, 24 * 60),
  near(FIRST, 1),
  near(END, 1),
);

/** A time as a producer may write it in JSON. */
interface Written {
  readonly text: string;
  /** Milliseconds since 1970; undefined if such a record is bad. */
  readonly instant: bigint | undefined;
}

interface Kind {
  readonly format: TimeFormat;
  readonly type: ColumnType;
  readonly moments: fc.Arbitrary<bigint>;
  /** `rest` is a number up to 999. */
  readonly write: (moment: bigint, zone: string, rest: number) => Written;
  /** Milliseconds since 1970 that Druid's expression for __time gives for the row's JSON. */
  readonly inDruid?: (json: string) => number | bigint;
}

function floored(value: bigint, divisor: bigint): bigint {
  return value / divisor - (value % divisor < 0n ? 1n : 0n);
}

function known(instant: bigint): bigint | undefined {
  return instant >= FIRST && instant < END ? instant : undefined;
}

/** The number of a unit, of which `coarser` are a millisecond in the next coarser unit. */
function integer(number: bigint, perMillisecond: bigint): Written {
  const coarser = perMillisecond / 1000n;
  const isCoarser =
    perMillisecond === 1n
      ? number * 1000n >= FIRST && number * 1000n < END
      : number >= FIRST * coarser && number < END * coarser;
  return { text: String(number), instant: isCoarser ? undefined : known(floored(number, perMillisecond)) };
}

/** With six digits of a fraction, with none that is zero, or with an exponent. */
function seconds(moment: bigint, rest: number): string {
  const [sign, digits] = moment < 0n ? ['-', -moment] : ['', moment];
  const text = `${sign}${digits / 1_000_000n}.${String(digits % 1_000_000n).padStart(6, '0')}`;
  return [text, text.replace(/\.?0+$/, ''), Number(text).toExponential()][rest % 3] ?? text;
}

/** As Druid computes it from a double, where halves are rounded away from zero. */
function ofDouble(text: string): number {
  const scaled = Number(text) * 1_000_000;
  return Math.floor((Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5)) / 1000);
}

function local(moment: bigint, zone: string, rest: number): string {
  const at = new TZDate(Number(floored(moment, 1000n)), zone);
  const nanoseconds =
    String(moment - floored(moment, 1_000_000n) * 1_000_000n).padStart(6, '0') + String(rest).padStart(3, '0');
  const fraction = [`.${nanoseconds}`, `.${nanoseconds.slice(0, 6)}`, ''][rest % 3] ?? '';
  const cut = fraction === '' ? fraction : fraction.replace(/0*$/, '').replace(/^\.$/, '');
  return `${dateText(at, rest % 2 === 0 ? 'yyyy-MM-dd HH:mm:ss' : "yyyy-MM-dd'T'HH:mm:ss")}${cut}`;
}

const KINDS: readonly Kind[] = [
  {
    format: 'epoch-seconds',
    type: 'BIGINT',
    moments: ofYears,
    write: (moment, _, rest) => ({
      text: seconds(moment, rest),
      instant: known(floored(moment, 1_000_000n) * 1000n),
    }),
    inDruid: (json) => BigInt(json) * 1000n,
  },
  {
    format: 'epoch-seconds',
    type: 'DOUBLE',
    moments: ofYears,
    write: (moment, _, rest) => {
      if (rest % 3 !== 0) return { text: seconds(moment, rest), instant: known(floored(moment, 1000n)) };
      const text = `${seconds(moment, rest)}${rest}`; // More digits than a double holds.
      return { text, instant: known(BigInt(ofDouble(text))) };
    },
    inDruid: ofDouble,
  },
  {
    format: 'epoch-milliseconds',
    type: 'BIGINT',
    moments: ofYears,
    write: (moment) => integer(floored(moment, 1000n), 1n),
    inDruid: (json) => BigInt(json),
  },
  {
    format: 'epoch-microseconds',
    type: 'BIGINT',
    moments: ofYears,
    write: (moment) => integer(moment, 1000n),
    // Java divides integers as BigInt does.
    inDruid: (json) => BigInt(json) / 1000n - (BigInt(json) % 1000n < 0n ? 1n : 0n),
  },
  {
    format: 'epoch-nanoseconds',
    type: 'BIGINT',
    moments: ofYears,
    write: (moment, _, rest) => integer(moment * 1000n + BigInt(rest), 1_000_000n),
    inDruid: (json) => BigInt(json) / 1_000_000n - (BigInt(json) % 1_000_000n < 0n ? 1n : 0n),
  },
  {
    format: 'local',
    type: 'VARCHAR',
    moments: ofDay,
    write: (moment, zone, rest) => ({
      text: `"${local(moment, zone, rest)}"`,
      instant: rest % 3 === 2 ? floored(moment, 1_000_000n) * 1000n : floored(moment, 1000n),
    }),
  },
  {
    format: 'iso',
    type: 'VARCHAR',
    moments: ofYears,
    write: (moment) => {
      const instant = floored(moment, 1000n);
      return { text: `"${new Date(Number(instant)).toISOString()}"`, instant: known(instant) };
    },
  },
];

it.each(KINDS.map((kind) => [`${kind.format} as a ${kind.type}`, kind] as const))(
  '%s means the same instants in both layers and in Druid',
  async (name, { format, type, moments, write, inDruid }) => {
    let run = 0;
    await overBatches(
      (sizes) => fc.tuple(fc.constantFrom(...ZONES), fc.array(fc.tuple(moments, fc.nat(999)), sizes)),
      { minLength: 30, maxLength: 60, runs: Number(process.env['DAYBREAK_PROPERTY_RUNS'] ?? 4) },
      async ([zone, made]) => {
        const folder = join(root, name, String((run += 1)));
        const times = made.map(([moment, rest]) => write(moment, zone, rest));
        const records = times.map(({ text }, id) => `{"id":${id},"time":${text}}`);
        await writeFiles(join(folder, 'times'), {
          'pipeline.yaml': yaml(format, type, zone),
          'transform.sql': 'SELECT e.time, e.id FROM events e',
        });
        const loaded = await loadPipeline(join(folder, 'times'));

        const eventTimes = await openEventTimes(loaded.pipeline);
        const instants = await eventTimes.of(records.map((record) => Buffer.from(record)));
        eventTimes.close();
        expect(instants.map((at) => at?.getTime())).toEqual(
          times.map(({ instant }) => (instant === undefined ? undefined : Number(instant))),
        );

        const transform = await openMicroBatch(loaded);
        const { messages, rejects } = await runIsolated(
          transform,
          records.map((record) => Buffer.from(record)),
        );
        transform.close();
        const valid = times.flatMap(({ instant }, id) => (instant === undefined ? [] : [{ id, instant }]));
        const rows = new Map(messages.map(({ key, value }) => [Number(key), value]));
        expect([...rows.keys()].sort((a, b) => a - b)).toEqual(valid.map(({ id }) => id));
        for (const { id, instant } of inDruid === undefined ? [] : valid) {
          const json = /"time":([^,]+)/.exec(rows.get(id) ?? '')?.[1] ?? '';
          expect([json, Number(inDruid?.(json))]).toEqual([json, Number(instant)]);
        }

        await writeFiles(join(folder, 'in'), { 'ev.20261121.05.json': lines(...records) });
        await runDayBuild(loaded, {
          date: DAY,
          input: join(folder, 'in'),
          output: join(folder, 'out'),
          engine: 'duckdb',
        });
        const { '_quarantine.ndjson': quarantine = '', ...files } = await contentsOf(join(folder, 'out'), DAY);
        const expected = valid.flatMap(({ id, instant }) => {
          const [date, hour] = dateText(new TZDate(Number(instant), zone), 'yyyy-MM-dd HH').split(' ');
          return date === DAY ? [`${hour}.ndjson ${rows.get(id)}`] : [];
        });
        const built = Object.entries(files).flatMap(([file, text]) =>
          /^\d\d\.ndjson$/.test(file) ? linesOf(text).map((row) => `${file} ${row}`) : [],
        );
        expect(built.sort()).toEqual(expected.sort());
        const reasons = linesOf(quarantine).map((entry) => {
          const { line, reason } = JSON.parse(entry) as { line: number; reason: string };
          return { index: line - 1, reason };
        });
        expect(reasons).toEqual(rejects);
        await rm(folder, { recursive: true });
      },
    );
  },
  BATCHES_TIMEOUT,
);

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function yaml(format: string, type: string, zone: string): string {
  return `name: times
timeZone: ${zone}
events:
  columns: { id: BIGINT, time: ${type} }
  time: { column: time, format: ${format} }
files: { pattern: "ev.%Y%m%d.%H*.json" }
kafka: { topic: times, outputTopic: times_out, key: id }
druid: { datasource: times }
`;
}
