import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { OutputType } from '../../../domain/column-types';
import { timeTypesOf, type ColumnType, type TimeFormat } from '../../../domain/pipeline';
import { figuresOfFile } from '../../../engines/duckdb/figures';
import { withRowsReader } from '../../../engines/duckdb/rows-of-file';
import { withRowCounter, type Content } from '../../../engines/duckdb/row-counter';
import { loadPipeline } from '../../../engines/load-pipeline';
import { lines, loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

/** @param json the time as it is in the row. */
async function contentOfTime(
  json: string,
  format: TimeFormat,
  type: ColumnType = timeTypesOf(format)[0] ?? 'VARCHAR',
): Promise<Content> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const events = { ...pipeline.events, columns: { time: type }, time: { column: 'time', format } };
  await writeFiles(root, { 'rows.ndjson': `{"time":${json}}\n` });
  const file = join(root, 'rows.ndjson');
  return withRowCounter({ ...pipeline, events }, [{ name: 'time', type }], { scratch: root }, (counter) =>
    counter.ofFile(file),
  );
}

// As Druid has them: TIME_PARSE gives these milliseconds.
it.each([
  ['2026-11-21T07:00:00Z', 1795244400000],
  ['2026-11-21T07:00:00.123456789+0900', 1795212000123],
  ['2026-11-21T07:00:00.9999999+09:00', 1795212000999],
  ['1969-12-31T23:59:59.9999-0330', 12599999],
  ['1969-12-31T23:59:59.9999999Z', -1],
])('compares an ISO time as the instant that Druid keeps: %s', async (written, kept) => {
  expect(await contentOfTime(`"${written}"`, 'iso')).toEqual(await contentOfTime(String(kept), 'iso'));
});

// As `timeAsWritten` gives them.
it.each<[TimeFormat, ColumnType, string, string, string]>([
  ['epoch-seconds', 'DOUBLE', '1774710600.123999', '1.774710600123E9', '1.774710600124E9'],
  ['epoch-seconds', 'DOUBLE', '-0.0000015', '-0.001', '-0.0'],
  ['epoch-seconds', 'BIGINT', '-1', '-1', '-2'],
  ['epoch-microseconds', 'BIGINT', '1795219200123999', '1795219200123000', '1795219200124000'],
  ['epoch-nanoseconds', 'BIGINT', '1795219200123999999', '1795219200123000000', '1795219200124000000'],
  ['epoch-nanoseconds', 'BIGINT', '-1795219200123000001', '-1795219200124000000', '-1795219200123000000'],
  ['local', 'VARCHAR', '"2026-11-21T07:00:00"', '"2026-11-21 07:00:00.000"', '"2026-11-21 07:00:00.001"'],
  ['local', 'VARCHAR', '"2026-11-21 07:00:00.9999"', '"2026-11-21 07:00:00.999"', '"2026-11-21 07:00:01.000"'],
])('compares %s as a %s to the millisecond: %s', async (format, type, written, kept, other) => {
  const { checksum } = await contentOfTime(written, format, type);
  expect((await contentOfTime(kept, format, type)).checksum).toBe(checksum);
  expect((await contentOfTime(other, format, type)).checksum).not.toBe(checksum);
});

const SIDES = ['written', 'kept', 'other'] as const;
/** What the batch wrote, what Druid gives for it, and what it would give for another value. */
type Sides = Readonly<Record<(typeof SIDES)[number], string>>;

/**
 * The checksums of a row with each of the values, as JSON.
 *
 * @param stored the types of the column in the segments of the day.
 */
async function checksums(type: OutputType, values: Sides, stored: readonly string[] = []): Promise<Sides> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const segments = stored.map((typeSignature) => ({ value: { typeSignature } }));
  await writeFiles(root, Object.fromEntries(SIDES.map((side) => [side, `{"value":${values[side]}}\n`])));
  const [written, kept, other] = SIDES.map((side) => join(root, side)) as [string, string, string];
  const lines = (file: string) => createReadStream(file) as AsyncIterable<Buffer>;
  return withRowCounter(pipeline, [{ name: 'value', type }], { scratch: root, segments }, async (counter) => ({
    written: (await counter.ofFile(written)).checksum,
    kept: (await counter.ofLines(lines(kept))).checksum,
    other: (await counter.ofLines(lines(other))).checksum,
  }));
}

it.each<[OutputType, string, string, string]>([
  ['BOOLEAN', 'true', '1', '0'],
  ['BOOLEAN', 'false', '0', 'null'],
  ['BOOLEAN', 'true', '1', '2'],
  ['BOOLEAN', 'null', 'null', '0'],
  ['BIGINT[]', '[9007199254740993,null]', '[9007199254740993,null]', '[9007199254740992,null]'],
  ['BIGINT[]', '[]', '[]', 'null'],
  ['BIGINT[]', '[1,2]', '[1,2]', '[2,1]'],
  ['DOUBLE[]', '[0.1,1e-7]', '[0.1,1.0E-7]', '[0.1,1.1E-7]'],
  ['VARCHAR[]', '["a",null,""]', '["a",null,""]', '["a",null,null]'],
  ['BOOLEAN[]', '[true,null,false]', '[1,null,0]', '[1,0,0]'],
  ['JSON', '{"a":{"b":[1,1.50]}}', '"{\\"a\\":{\\"b\\":[1,1.5]}}"', '"{\\"a\\":{\\"b\\":[1,1.6]}}"'],
  ['JSON', '{"a":9007199254740993}', '"{\\"a\\":9007199254740993}"', '"{\\"a\\":9007199254740992}"'],
  ['JSON', '[123456789012345678901]', '"[1.2345678901234568E20]"', '"[1.2345678901234567E20]"'],
  ['JSON', '[9223372036854775808,-9223372036854775808]', '"[9.223372036854775807E18,-9223372036854775808]"', '"[0,0]"'],
  [
    'JSON',
    '{"9223372036854775808":"9223372036854775808"}',
    '"{\\"9223372036854775808\\":\\"9223372036854775808\\"}"',
    '"{}"',
  ],
  ['JSON', '{"a":1e-7}', '"{\\"a\\":1.0E-7}"', '"{\\"a\\":1.0E-8}"'],
  ['JSON', '{"\\u0041":"\\u001f"}', '"{\\"A\\":\\"\\\\u001F\\"}"', '"{\\"a\\":\\"\\\\u001F\\"}"'],
  ['JSON', '5', '"5.0"', '"50"'],
  ['JSON', '1e0', '"1.0"', '"1.1"'],
  ['JSON', '[5,1.5,-0.0]', '"[5.0,1.5,-0.0]"', '"[5.5,1.5,-0.0]"'],
  ['JSON', '{"5.0":"5.0"}', '"{\\"5.0\\":\\"5.0\\"}"', '"{\\"5\\":\\"5\\"}"'],
  ['JSON', '"1"', '"\\"1\\""', '"1"'],
  ['JSON', '{"a":"1.0, 2.0] 3"}', '"{\\"a\\":\\"1.0, 2.0] 3\\"}"', '"{\\"a\\":\\"1, 2] 3\\"}"'],
  ['JSON', 'null', 'null', '"{}"'],
])('compares a %s %s as Druid has it: %s, not %s', async (type, written, kept, other) => {
  const found = await checksums(type, { written, kept, other });
  expect(found.kept).toBe(found.written);
  expect(found.other).not.toBe(found.written);
});

/** A value as Druid gives it: JSON as text. */
const given = (value: string): string => JSON.stringify(value);

// As Druid 33 persists such values in segments of these types.
describe.each<[string, readonly string[], readonly (readonly [written: string, kept: string, other: string])[]]>([
  [
    'numbers',
    ['LONG'],
    [
      ['true', '1', '0'],
      ['false', '0', 'null'],
      ['9007199254740993', '9007199254740993', '9007199254740992'],
      ['-0', '0', '1'],
      ['5', '5', '"5"'],
      ['null', 'null', '0'],
    ],
  ],
  [
    'doubles',
    ['DOUBLE'],
    [
      ['true', '1.0', '0.0'],
      ['5', '5.0', '5.5'],
      ['1e300', '1.0E300', '1.0E301'],
      ['-0.0', '-0.0', '0.0'],
      ['9007199254740993', '9.007199254740992E15', '9.007199254740994E15'],
    ],
  ],
  [
    'texts',
    ['STRING'],
    [
      ['true', '"1"', '"true"'],
      ['"true"', '"true"', '"1"'],
      ['5', '"5"', '"6"'],
      ['"5"', '"5"', '"05"'],
      ['5.0', '"5.0"', '"5.1"'],
      ['1.50', '"1.5"', '"1.50"'],
      ['1e300', '"1.0E300"', '"1.0E301"'],
      ['1e23', '"9.999999999999999E22"', '"9.999999999999997E22"'],
      ['9007199254740993', '"9007199254740993"', '"9007199254740992"'],
      ['123456789012345678901', '"1.2345678901234568E20"', '"1.2345678901234567E20"'],
      ['""', '""', 'null'],
      ['"null"', '"null"', 'null'],
      ['"a\\u0041\\u001f"', '"aA\\u001F"', '"aa\\u001F"'],
    ],
  ],
  [
    'lists of texts',
    ['ARRAY<STRING>'],
    [
      ['"a"', '["a"]', '["b"]'],
      ['"[true"', '["[true"]', '["[1"]'],
      ['["a","b"]', '["a","b"]', '["b","a"]'],
      ['[1,"a",true,null]', '["1","a","true",null]', '["1","a","1",null]'],
      ['[true,null]', '["1",null]', '["1"]'],
      ['[1.5,true,2,-0]', '["1.5","1.0","2.0","0.0"]', '["1.5","1.0","2.5","0.0"]'],
      ['[9007199254740993,1.5]', '["9.007199254740992E15","1.5"]', '["9.007199254740994E15","1.5"]'],
      ['[9007199254740993,1.5,"a"]', '["9007199254740993","1.5","a"]', '["9007199254740992","1.5","a"]'],
      ['["9007199254740993"]', '["9007199254740993"]', '["9007199254740992"]'],
      ['1e300', '["1.0E300"]', '["1.0E299"]'],
      ['[]', '[]', 'null'],
      ['[]', '[]', '[null]'],
      ['[null]', '[null]', 'null'],
      ['""', '[""]', '[null]'],
      ['null', 'null', '[null]'],
    ],
  ],
  [
    'lists of numbers',
    ['ARRAY<LONG>'],
    [
      ['1', '[1]', '[2]'],
      ['[true,false]', '[1,0]', '[1,1]'],
      ['[9007199254740993]', '[9007199254740993]', '[9007199254740992]'],
    ],
  ],
  [
    'lists of doubles',
    ['ARRAY<DOUBLE>'],
    [
      ['true', '[1.0]', '[0.0]'],
      ['[9007199254740993]', '[9.007199254740992E15]', '[9.007199254740994E15]'],
      ['[1,2.5]', '[1.0,2.5]', '[2.5,1.0]'],
    ],
  ],
  [
    'texts, doubles, lists and JSON',
    ['STRING', 'COMPLEX<json>', 'DOUBLE', 'ARRAY<STRING>'],
    [
      ['9007199254740993', '"9007199254740993"', '"9007199254740996"'],
      ['9007199254740993', '9.007199254740992E15', '9.007199254740994E15'],
      ['5', '"5"', '"6"'],
      ['5', '5.0', '6.0'],
      ['5', '["5"]', '["5","5"]'],
      ['true', 'true', 'false'],
      ['true', '1.0', '"true"'],
      ['[true,"a"]', '["true","a"]', '["1","a"]'],
      ['{"a":[true,1,"1",5.0]}', '{"a":[true,1,"1",5.0]}', '{"a":[1,1,"1",5.0]}'],
      ['{"a":1}', '{"a":1}', '{"a":"1"}'],
      ['[{"a":true}]', '[{"a":true}]', '[{"a":1}]'],
      ['[[1]]', '[[1]]', '[["1"]]'],
      ['[["]"]]', '[["]"]]', '["]"]'],
      ['"{\\"a\\":1}"', '"{\\"a\\":1}"', '{"a":1}'],
    ],
  ],
  // Druid takes no value for another one here.
  [
    'JSON',
    ['COMPLEX<json>', 'COMPLEX<json>'],
    [
      ['true', 'true', '1'],
      ['5', '5', '"5"'],
      ['"a"', '"a"', '["a"]'],
    ],
  ],
])('JSON that Druid has as %s', (_, stored, values) => {
  it.each(values)('compares %s as %s, not %s', async (written, kept, other) => {
    const found = await checksums('JSON', { written, kept: given(kept), other: given(other) }, stored);
    expect(found.kept).toBe(found.written);
    expect(found.other).not.toBe(found.written);
  });
});

it.each([1, 64])(
  'reads a row as large as a record that may have %i MiB, its texts escaped once more',
  async (mebibytes) => {
    const { pipeline } = await loadExample('events');
    const largest = { ...pipeline, events: { ...pipeline.events, maximumBytes: mebibytes * 1024 ** 2 } };
    const columns = [{ name: 'value', type: 'VARCHAR' }] as const;
    const row = `{"value":"${'\\"'.repeat(0.99 * largest.events.maximumBytes)}"}\n`;
    await writeFiles(root, { 'large.ndjson': row, 'small.ndjson': '{"value":"x"}\n' });
    const file = join(root, 'large.ndjson');
    const [ofFile, ofLines, other] = await withRowCounter(largest, columns, { scratch: root }, async (counter) => [
      await counter.ofFile(file),
      await counter.ofLines(createReadStream(file) as AsyncIterable<Buffer>),
      await counter.ofFile(join(root, 'small.ndjson')),
    ]);
    expect(ofFile).toMatchObject({ rows: 1, distinct: 1 });
    expect(ofLines).toEqual(ofFile);
    expect(other.checksum).not.toBe(ofFile.checksum);
    const { columns: figures } = await withRowsReader(largest, { scratch: root, columns }, (reader) =>
      figuresOfFile(reader, columns, file),
    );
    expect(figures).toEqual([
      { name: 'value', values: 1, sum: String(Math.floor(0.99 * largest.events.maximumBytes)) },
    ]);
  },
);

it.each(['JSON', 'BIGINT[]'] as const)(
  'counts rows of long lists as %s, of which a file has thousands',
  async (type) => {
    const { pipeline } = await loadExample('events');
    const columns = [{ name: 'value', type }];
    const rows = Array.from({ length: 2_500 }, (_, row) => ({
      value: Array.from({ length: 5_000 }, (_, index) => (row + index) % 10),
    }));
    const asDruidGives = rows.map(({ value }) => ({ value: type === 'JSON' ? JSON.stringify(value) : value }));
    await writeFiles(root, {
      'long.ndjson': lines(...rows.map((row) => JSON.stringify(row))),
      'served.ndjson': lines(...asDruidGives.map((row) => JSON.stringify(row))),
    });
    const [file, served] = [join(root, 'long.ndjson'), join(root, 'served.ndjson')];
    await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 1 }));
    const [ofFile, ofPacked, ofLines] = await withRowCounter(pipeline, columns, { scratch: root }, (counter) =>
      Promise.all([
        counter.ofFile(file),
        counter.ofFile(`${file}.gz`),
        counter.ofLines(createReadStream(served) as AsyncIterable<Buffer>),
      ]),
    );
    expect(ofFile).toMatchObject({ rows: 2_500, distinct: 10 });
    expect(ofPacked).toEqual(ofFile);
    expect(ofLines).toEqual(ofFile);
    const figures = await withRowsReader(pipeline, { scratch: root, columns }, (reader) =>
      Promise.all([1, 2, 3, 4].map(() => figuresOfFile(reader, columns, file))),
    );
    expect(figures.map(({ columns: [value] }) => value?.values)).toEqual([2_500, 2_500, 2_500, 2_500]);
  },
);
