import fc from 'fast-check';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { pipelineSchema, timeTypesOf, type ColumnType, type Pipeline, type TimeFormat } from '../../../domain/pipeline';
import { openDatabase, type Database } from '../../../engines/duckdb/database';
import { fastPath } from '../../../engines/duckdb/fast-path';
import { parquetSql } from '../../../engines/duckdb/sql';
import { readChunks } from '../../../engines/input/line-chunks';
import type { LineProof, ScannedLines } from '../../../engines/model/fast-path';
import { NOTE, parseLinesSql, type ParseOptions } from '../../../engines/rule/record-rule';
import { timeRuleOf } from '../../../engines/rule/time-rule';
import { objectRowsSql } from '../../../engines/tables/table-rule';
import { scratchFolder, writeFiles } from '../scratch';

/**
 * The rule for a valid record exists three times: as SQL, as the pattern (RE2) of a layout, and in the kernel. The last
 * two may miss a line. If they take a line, it is valid by the rule, with the same values.
 */
const root = scratchFolder();
/** The clocks of New York go back at 2:00: the hour comes twice. */
const HOUR = { date: parseBusinessDate('2026-11-01'), hour: '01' };
const ZONE = 'America/New_York';

/** Seconds with a fraction are a DOUBLE. */
const FRACTIONAL = 'epoch-seconds with a fraction';
/** Some fields are in objects. */
const NESTED = 'yyyy-MM-dd HH:mm:ss in objects';
type Format = TimeFormat | typeof FRACTIONAL | typeof NESTED;
const digits = (most: number, count = 2) => fc.nat(most).map((n) => String(n).padStart(count, '0'));
const local = (separator: string, fraction: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.constantFrom('2026-11-01', '2026-11-01', '2026-02-29', '2026-03-08'),
      fc.constantFrom('01', '01', '02', '24'),
      digits(60),
      digits(60),
      fraction,
    )
    .map(([date, hour, minute, second, part]) => `"${date}${separator}${hour}:${minute}:${second}${part}"`);
/** `rest`: what follows the whole seconds. */
const instants = (rest: string) =>
  fc.oneof(
    fc.integer({ min: -3600, max: 3 * 3600 }).map((second) => `${Date.UTC(2026, 10, 1, 5) / 1000 + second}${rest}`),
    fc.constantFrom('0', '-1', '1793511000', '9999999999999999', '1e9', '999999999999999', '09', '"1"', '1.793511e9'),
    fc.constantFrom('1793511000000', '1793511000000000', '1793511000000000000', '9999999999999999999', '-0.5'),
  );
const none = fc.constant('');
const fraction = fc.constantFrom('', '.5', '.999999999', '.', '.1234567890');
/** Values that the fast path takes, too. */
const PLAIN_TIMES: Readonly<Record<Format, string>> = {
  'yyyy-MM-dd HH:mm:ss': '"2026-11-01 01:30:59"',
  'yyyy-MM-dd HH:mm:ss.SSS': '"2026-11-01 01:00:00.125"',
  "yyyy-MM-dd'T'HH:mm:ss": '"2026-11-01T01:59:59"',
  local: '"2026-11-01T01:30:00.5"',
  iso: '"2026-11-01T01:30:00.5-05:00"',
  'epoch-seconds': '1793511000',
  'epoch-milliseconds': '1793511000001',
  'epoch-microseconds': '1793511000000001',
  'epoch-nanoseconds': '1793511000000000001',
  [FRACTIONAL]: '1793511000.123456',
  [NESTED]: '"2026-11-01 01:30:59"',
};
const mostly = (plain: readonly string[], others: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...plain) }, others);
const TIMES: Readonly<Record<Format, fc.Arbitrary<string>>> = {
  'yyyy-MM-dd HH:mm:ss': local(' ', none),
  'yyyy-MM-dd HH:mm:ss.SSS': local(' ', fc.constantFrom('.000', '.999', '.5', '')),
  "yyyy-MM-dd'T'HH:mm:ss": local('T', none),
  local: fc.oneof(local(' ', fraction), local('T', fraction)),
  iso: fc
    .tuple(
      fc.constantFrom('2026-11-01T0', '2026-11-01T0', '2026-10-32T0', '2100-01-01T0'),
      fc.nat(9),
      digits(60),
      fraction,
      fc.constantFrom(
        'Z',
        'Z',
        '+00:00',
        '-04:00',
        '-05:00',
        '+09:30',
        '-14:59',
        '+15:00',
        '-0500',
        '+0900',
        '+09',
        '',
      ),
    )
    .map(([date, hour, minute, fraction, offset]) => `"${date}${hour}:${minute}:59${fraction}${offset}"`),
  'epoch-seconds': fc.oneof(instants(''), instants('.5'), instants('.0')),
  'epoch-milliseconds': instants('000'),
  'epoch-microseconds': instants('000000'),
  'epoch-nanoseconds': fc.oneof(instants('000000000'), instants('999999999')),
  [NESTED]: local(' ', none),
  [FRACTIONAL]: fc.oneof(...['', '.0', '.5', '.999999', '.9999999', '.1234567890123456'].map(instants)),
};

/** The others are read by the pattern or by the rule. */
const OF_KERNEL: readonly Format[] = [
  'yyyy-MM-dd HH:mm:ss',
  'yyyy-MM-dd HH:mm:ss.SSS',
  "yyyy-MM-dd'T'HH:mm:ss",
  'iso',
  'epoch-seconds',
  'epoch-milliseconds',
  NESTED,
];

const text = fc.oneof(
  fc.constantFrom(
    '"a"',
    '""',
    '"nan,}"',
    '"서울"',
    '"😀"',
    '"\\u0041"',
    '"\\\\"',
    '"\\""',
    '"\u007f"',
    '"a\tb"',
    '"\0"',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).map((value) => JSON.stringify(value)),
);
const integer = fc.oneof(
  fc.integer({ min: -3, max: 12 }).map(String),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.constantFrom(
    '9223372036854775807',
    '-9223372036854775808',
    '999999999999999999',
    '1000000000000000000',
    '-0',
    '01',
  ),
);
const decimal = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.integer({ min: -99, max: 99 }), fc.nat(9999)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '-0.5',
    '1e3',
    '1.50',
    '1.5',
    '123456789012345',
    '1234567890.12345',
    '0.1',
    '1.',
    '.5',
  ),
  fc.constantFrom('1e400', '4.9E-324', '0.000000000000001', '00.1', '999999999999999.9', '12345678901234.5'),
);
const flag = fc.constantFrom('true', 'true', 'false', 'null', '1', 'True', 'truefalse', 'tru');
const other = fc.constantFrom(
  '1.5',
  '"x"',
  'null',
  '{}',
  '{"a":[1,{"b":null}]}',
  '[]',
  '[1,]',
  'NaN',
  '-Infinity',
  '1E+5',
  '-',
  '',
);

/** Once in so many times. */
const rarely = <T>(times: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, arbitrary);

const NAMES = ['text', 'integer', 'decimal', 'flag', 'time'];
/** How one producer writes its lines. */
const style = fc.record({
  names: fc.shuffledSubarray([...NAMES, 'more'], { minLength: 3 }).map((names) => [...new Set([...names, 'time'])]),
  blank: fc.constantFrom('', '', ' ', '\t', '  '),
  behind: fc.constantFrom('', '', '\r', ' \t'),
});
/** Damages a line, at a place that is a share of its length. */
const damage = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(
    '',
    '',
    '"',
    '\\',
    ',',
    ':',
    '{',
    '}',
    ' ',
    '\t',
    '\r',
    '\0',
    '\u001f',
    '0',
    '-',
    'e',
    '.',
    '\ufeff',
    '\u2028',
  ),
  fc.constantFrom<readonly number[]>([], [], [], [], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]),
  fc.constantFrom(0, 0, 1, 2),
);
const twice = fc.constantFrom('text', 'time', 'more', 't\\u0065xt');

const lineOf = (format: Format) =>
  fc.record({
    values: fc.record({
      text: mostly(['"a"', '""', '"서울"'], text),
      integer: mostly(['0', '-1', '25'], integer),
      decimal: mostly(['0', '-1.5', '1.50', '25'], decimal),
      flag: mostly(['true', 'false'], flag),
      more: mostly(['1', '"x"'], other),
      time: mostly([PLAIN_TIMES[format]], TIMES[format]),
    }),
    wrong: rarely(12, fc.tuple(fc.constantFrom(...NAMES), other)),
    repeated: rarely(20, fc.tuple(twice, other)),
    damaged: rarely(4, damage),
    mark: fc.constantFrom(...Array<string>(15).fill(''), '\ufeff', '\ufeff\ufeff'),
  });
type Line = typeof lineOf extends (format: Format) => fc.Arbitrary<infer Made> ? Made : never;
interface Style {
  readonly names: readonly string[];
  readonly blank: string;
  readonly behind: string;
}

/** The fields that NESTED has in objects, with the objects. */
const NESTED_FIELDS: Readonly<Record<string, readonly [before: string, behind: string]>> = {
  integer: ['"in":{"more":"x","integer":', '}'],
  flag: ['"out":{"deep":{"f-g":', '},"time":null}'],
  time: ['"at":{"":', '}'],
};

function write(
  format: Format,
  { names, blank, behind }: Style,
  { values, wrong, repeated, damaged, mark }: Line,
): Buffer {
  const all: Readonly<Record<string, string>> = { ...values, ...(wrong && { [wrong[0]]: wrong[1] }) };
  const fields = names.map((name) => {
    const [before, end] = (format === NESTED ? NESTED_FIELDS[name] : undefined) ?? [`"${name}"${blank}:`, ''];
    return `${before}${blank}${all[name] ?? ''}${blank}${end}`;
  });
  if (repeated !== undefined) fields.push(`"${repeated[0]}":${repeated[1]}`);
  const line = Buffer.from(`${mark}${blank}{${blank}${fields.join(`${blank},${blank}`)}${blank}}${behind}`);
  const bytes = damaged === undefined ? line : damagedLine(line, damaged);
  return bytes.filter((byte) => byte !== 0x0a) as Buffer;
}

function damagedLine(
  line: Buffer,
  [at, inserted, bytes, removed]: readonly [number, string, readonly number[], number],
): Buffer {
  const place = Math.floor(at * line.length);
  return Buffer.concat([
    line.subarray(0, place),
    Buffer.from(inserted),
    Buffer.from(bytes),
    line.subarray(place + removed),
  ]);
}

const COLUMNS = { text: 'VARCHAR', integer: 'BIGINT', decimal: 'DOUBLE', flag: 'BOOLEAN' } as const;

function pipelineOf(format: Format): Pipeline {
  const written = { [FRACTIONAL]: 'epoch-seconds', [NESTED]: 'yyyy-MM-dd HH:mm:ss' }[format as string] ?? format;
  const paths = {
    integer: { type: COLUMNS.integer, path: '$.in.integer' },
    flag: { type: COLUMNS.flag, path: '$.out.deep.f-g' },
    time: { type: timeTypeOf(format), path: '$.at[""]' },
  };
  return pipelineSchema.parse({
    name: 'p',
    timeZone: ZONE,
    events: {
      columns: { ...COLUMNS, time: timeTypeOf(format), ...(format === NESTED && paths) },
      time: { column: 'time', format: written },
    },
    files: { pattern: '%Y%m%d%H' },
    kafka: { topic: 'a', outputTopic: 'b', key: 'text' },
    druid: { datasource: 'd' },
  });
}

function timeTypeOf(format: Format): ColumnType {
  if (format === FRACTIONAL) return 'DOUBLE';
  return format === NESTED ? 'VARCHAR' : timeTypesOf(format)[0]!;
}

/** The lines as a build reads them. Lines that are not UTF-8 are replaced by a placeholder. */
async function textOf(lines: readonly Buffer[]): Promise<Buffer> {
  const content = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  await writeFiles(root, { lines: content });
  const file = { file: 'lines', path: join(root, 'lines'), bytes: content.length, hour: '01', changedAt: 0, stamp: '' };
  for await (const { text } of readChunks([file], { maximumBytes: 2 ** 20 })) return Buffer.from(text);
  return Buffer.alloc(0);
}

describe.each(Object.keys(TIMES) as Format[])('of times as %s', (format) => {
  const pipeline = pipelineOf(format);
  const columns = { ...COLUMNS, time: timeTypeOf(format) };
  const time = timeRuleOf(pipeline);
  const within = HOUR;
  const neighbouring = { date: HOUR.date, hour: undefined };
  const scanner = fastPath!.hourScanner(pipeline);
  const path = join(root, `${format.replaceAll(/\W/g, '')}.parquet`);
  let database: Database;
  const taken = { lines: 0, kernel: 0, pattern: 0 };

  beforeAll(async () => {
    database = await openDatabase(pipeline, undefined, { outputFolder: root });
  });
  afterAll(() => {
    database.close();
  });

  /** Rows as JSON text. */
  async function rowsOf(sql: string, lines?: Buffer): Promise<string[]> {
    const statement = await database.connection.prepare(`SELECT to_json(r)::VARCHAR FROM (${sql}) AS r`);
    if (lines !== undefined) statement.bindBlob(1, lines);
    const rows = (await statement.runAndReadAll()).getRowsJson();
    statement.destroySync();
    return rows.map(([row]) => row as string); // Each is the text of an object.
  }
  const parsed = (lines: Buffer, options: Pick<ParseOptions, 'proof' | 'within'>) =>
    rowsOf(parseLinesSql({ pipeline, time, ...options }), lines);
  /** The declared columns of a valid row of the rule. As text, in which -0.0 differs from 0.0. */
  const declared = (row: string): string => {
    expect(row).toContain(`,"${NOTE}":null}`);
    return row.replace(`,"${NOTE}":null}`, '}');
  };

  /** The lines that the proof takes. */
  async function provenLines(
    text: Buffer,
    { captured, holds }: LineProof,
  ): Promise<{ text: Buffer; positions: number[] }> {
    const lines = text.toString().split('\n');
    const found = await rowsOf(
      `SELECT coalesce(${holds}, false) AS proven FROM (SELECT line, ${captured} AS captured
       FROM (SELECT unnest(string_split(decode($1), chr(10))) AS line))`,
      text,
    );
    const positions = found.flatMap((row, index) => (row === '{"proven":true}' ? [index] : []));
    return { positions, text: Buffer.from(positions.map((index) => lines[index]).join('\n')) };
  }

  /** Undefined if the kernel does not read the format. */
  async function scanned(
    text: Buffer,
  ): Promise<{ lines: ScannedLines; rows: string[]; duplicates: number } | undefined> {
    return scanner.use({ ...HOUR, bytes: text.length, path }, async (scan) => {
      await scan.begin();
      const lines = await scan.add(text);
      await scan.close();
      const rows = await rowsOf(`SELECT * FROM ${parquetSql(path)}`);
      return { lines: lines!, rows, duplicates: scan.proven!.duplicates };
    });
  }

  it('the pattern and the kernel take only what the rule takes, and give the same values', async () => {
    await fc.assert(
      fc.asyncProperty(style, fc.array(lineOf(format), { minLength: 40, maxLength: 60 }), async (how, made) => {
        const text = await textOf(made.map((line) => write(format, how, line)));
        const byRule = await parsed(text, { within });
        expect(byRule).toHaveLength(made.length);
        taken.lines += byRule.length;

        const ofHour = fastPath!.proveEvents(text, pipeline, HOUR);
        if (ofHour !== undefined) expect(await parsed(text, { within, proof: ofHour })).toEqual(byRule);
        const ofDates = fastPath!.proveEvents(text, pipeline);
        if (ofDates !== undefined) {
          for (const where of [within, neighbouring]) {
            expect(await parsed(text, { within: where, proof: ofDates })).toEqual(
              await parsed(text, { within: where }),
            );
          }
          const ofStream = await parsed(text, {});
          expect(await parsed(text, { proof: ofDates })).toEqual(ofStream);
          const proven = await provenLines(text, ofDates);
          taken.pattern += proven.positions.length;
          expect(await rowsOf(ofDates.countSql, text)).toEqual([
            expect.stringContaining(`:${proven.positions.length}}`),
          ]);
          if (proven.positions.length > 0) {
            const events = await rowsOf(ofDates.eventsSql, proven.text);
            expect(events).toEqual(proven.positions.map((index) => declared(ofStream[index]!)));
          }
        }
        const ofTable = fastPath!.proveRows(text, columns);
        if (ofTable !== undefined) {
          const proven = await provenLines(text, ofTable);
          const rows = await rowsOf(objectRowsSql(columns, ofTable), proven.text);
          expect(rows).toEqual(await rowsOf(objectRowsSql(columns, undefined), proven.text));
          expect(rows).toHaveLength(proven.positions.length);
        }

        const scan = await scanned(text);
        expect(scan === undefined).toBe(!OF_KERNEL.includes(format));
        if (scan === undefined) return;
        const { lines, rows, duplicates } = scan;
        const misses = new Set(lines.misses?.positions);
        const expected = byRule.flatMap((row, index) => (misses.has(index) ? [] : [declared(row)]));
        taken.kernel += expected.length;
        expect(lines.lines).toBe(byRule.length);
        expect(rows).toEqual([...new Set(expected)]);
        expect(duplicates).toBe(expected.length - new Set(expected).size);
      }),
      { numRuns: 15 },
    );
    for (const part of OF_KERNEL.includes(format) ? [taken.kernel, taken.pattern] : [taken.pattern]) {
      expect(part).toBeGreaterThan(taken.lines / 10);
      expect(part).toBeLessThan(taken.lines * 0.9);
    }
  });
});
