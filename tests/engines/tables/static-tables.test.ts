import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pipelineSchema, type ColumnType, type Pipeline } from '../../../domain/pipeline';
import { openDatabase, type DatabaseOptions } from '../../../engines/duckdb/database';
import { queryTexts } from '../../../engines/duckdb/query';
import { tableVersions } from '../../../engines/tables/table-versions';
import { DAY, scratchFolder, writeFiles } from '../scratch';
import { namesInSql } from '../sql-names';

const root = scratchFolder();

interface TableSettings {
  readonly columns?: Record<string, ColumnType>;
  readonly key?: string[];
  readonly delimiter?: string;
  readonly file?: string;
  readonly database?: DatabaseOptions;
}

type Format = Pipeline['tables'][string]['format'];

/** The rows of a table `t` with this content, as JSON, in the order of the file. */
async function load(
  format: Format,
  content: string | Buffer,
  {
    columns = { uid: 'BIGINT', name: 'VARCHAR' },
    key = ['uid'],
    delimiter,
    file = `t.${format}`,
    database: options,
  }: TableSettings = {},
): Promise<unknown[]> {
  await writeFiles(root, { [file]: content });
  const pipeline = pipelineSchema.parse({
    name: 'p',
    timeZone: 'UTC',
    events: { columns: { time: 'VARCHAR' }, time: { column: 'time' } },
    tables: { t: { file, format, columns, key, delimiter } },
    files: { pattern: '%Y%m%d%H' },
    kafka: { topic: 'a', outputTopic: 'b', key: 'time' },
    druid: { datasource: 'd' },
  });
  const database = await openDatabase(pipeline, await tableVersions(pipeline, root, DAY), options);
  try {
    const rows = await queryTexts(database.connection, 'SELECT to_json(daybreak_row)::VARCHAR FROM t AS daybreak_row');
    return rows.map(([row]) => JSON.parse(row ?? '') as unknown);
  } finally {
    database.close();
  }
}

/** The message about a table with this content, after the name of its file. */
async function refusal(format: Format, content: string | Buffer, settings: TableSettings = {}): Promise<string> {
  const expected = `the table t cannot be read from ${join(root, `t.${format}`)}: `;
  const error: unknown = await load(format, content, settings).then(
    (rows) => new Error(`taken: ${JSON.stringify(rows)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'BAD_TABLE', what: expect.stringContaining(expected) as string });
  return String(error).slice(String(error).indexOf(expected) + expected.length);
}

const A = { uid: 1, name: 'a' };
const B = { uid: 2, name: 'b' };

describe('a record of more than a mebibyte is refused, wherever it stands', () => {
  const name = 'x'.repeat(1024 ** 2);
  const many = Array.from({ length: 200_000 }, (_, uid) => uid + 2);

  it.each<[Format, string, string]>([
    ['ndjson', `{"uid":1,"name":"${name}"}\n`, 'line 1: '],
    [
      'ndjson',
      `${many.map((uid) => `{"uid":${uid},"name":"a"}\n`).join('')}{"uid":1,"name":"${name.repeat(5)}"}\n`,
      'line ',
    ],
    ['json', `[{"uid":0},\n{"uid":1,"name":"${name}"}]`, 'element 2 (line 2): '],
    ['csv', `uid,name\n1,"${name}"\n`, 'line '],
  ])('%s', async (format, content, place) => {
    const told = await refusal(format, content);
    expect(told.startsWith(place)).toBe(true);
    expect(told).toContain('a record of more than 1 MiB');
  });
});

describe('in every format', () => {
  const content = (format: Format, value: string): string =>
    ({ ndjson: `{"uid":1,"v":${value}}\n`, json: `[{"uid":1,"v":${value}}]`, csv: `uid,v\n1,${value}\n` })[format];
  const settings = (type: ColumnType): TableSettings => ({ columns: { uid: 'BIGINT', v: type } });

  describe.each<Format>(['ndjson', 'json', 'csv'])('%s', (format) => {
    it.each<[ColumnType, string, unknown]>([
      ['BIGINT', '9223372036854775807', 9223372036854775807],
      ['BIGINT', '-12', -12],
      ['DOUBLE', '12', 12],
      ['DOUBLE', '-0.5e-3', -0.0005],
      ['DOUBLE', '1E+2', 100],
      ['BOOLEAN', 'true', true],
      ['BOOLEAN', 'false', false],
    ])('takes as a %s: %s', async (type, value, expected) => {
      expect(await load(format, content(format, value), settings(type))).toEqual([{ uid: 1, v: expected }]);
    });

    it.each<[ColumnType, string]>([
      ['BIGINT', '9223372036854775808'],
      ['BIGINT', '12345678901234567890123'],
      ['BIGINT', '1.0'],
      ['BIGINT', '1e3'],
      ['BIGINT', '1_000'],
      ['BIGINT', '0x10'],
      ['BIGINT', '+1'],
      ['BIGINT', 'true'],
      ['DOUBLE', '1e400'],
      ['DOUBLE', '-1e400'],
      ['DOUBLE', '1_000.5'],
      ['DOUBLE', 'NaN'],
      ['DOUBLE', '-inf'],
      ['DOUBLE', 'Infinity'],
      ['DOUBLE', '+1'],
      ['DOUBLE', '1.'],
      ['DOUBLE', '.5'],
      ['DOUBLE', '0x10'],
      ['BOOLEAN', 'TRUE'],
      ['BOOLEAN', 't'],
      ['BOOLEAN', '1'],
    ])('takes not as a %s: %s', async (type, value) => {
      const said = await refusal(format, content(format, value), settings(type));
      expect(said).toMatch({ ndjson: /^line 1: /, json: /^element 1 \(line 1\): /, csv: /^line 2: / }[format]);
      // DuckDB's JSON writes the number in another form.
      expect(said).toContain(value === '1e3' && format !== 'csv' ? '1000.0' : value);
      expect(said).toMatch(/an integer of 64 bits|a number within the range of a double|true or false|not JSON/);
      expect(said).not.toMatch(/Error: /);
    });
  });

  it.each<[Format, string]>([
    ['ndjson', '{"uid":null,"name":"a"}\n{"name":"b"}\n{"uid":1,"name":"c"}'],
    ['json', '[{"uid":null,"name":"a"},{"name":"b"},{"uid":1,"name":"c"}]'],
    ['csv', 'uid,name\n,a\n,b\n1,c\n'],
  ])('%s may have many rows without a key, which never join', async (format, text) => {
    expect(await load(format, text)).toEqual([
      { uid: null, name: 'a' },
      { uid: null, name: 'b' },
      { uid: 1, name: 'c' },
    ]);
  });

  it('a key of two columns repeats only where both are there', async () => {
    const settings: TableSettings = { key: ['uid', 'name'] };
    expect(await load('csv', 'uid,name\n1,\n1,\n,a\n,a\n1,a\n', settings)).toHaveLength(5);
    await expect(load('csv', 'uid,name\n1,\n1,\n,a\n,a\n1,a\n1,a\n', settings)).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining('2 rows with the key {"uid":1,"name":"a"}') as string,
    });
  });

  it.each<[Format, string | Buffer]>([
    ['ndjson', '\ufeff{"uid":1,"name":"a"}\r\n\r\n \n{"uid":2,"name":"b","more":{"x":[1]}}'],
    ['json', '\ufeff [\r\n{"uid":1,"name":"a"}\r\n,\r\n{"uid":2,\r\n "name":"b"}\r\n]\r\n\n'],
    ['csv', '\ufeffuid,name,more\r\n1,a,x\r\n\r\n2,b,\r\n'],
  ])('%s may have a byte order mark, CRLF, blank lines and more fields', async (format, text) => {
    expect(await load(format, text)).toEqual([A, B]);
  });

  it.each<[Format, string, string]>([
    ['ndjson', '{"uid":1,"Name":"a"}\n{"uid":2,"Name":"b"}\n', 'no column name in any row; there are uid, Name'],
    ['json', '[{"UID":1,"name":"a"}]', 'no column uid in any row; there are UID, name'],
    ['csv', 'uid,Name\n1,a\n', 'line 1: no column name in the header uid,Name'],
    ['csv', 'uid, name\n1,a\n', 'line 1: no column name in the header uid, name'],
    ['csv', 'uid;name\n1;a\n', "line 1: no column uid in the header uid;name: is the delimiter ';'"],
    ['csv', 'uid\tname\n1\ta\n', "line 1: no column uid in the header uid\tname: is the delimiter '\\t'"],
    // Quotes that do not fit the delimiter are no fault of the file.
    ['csv', '"uid";"name"\n1;"Kim"\n', `line 1: no column uid in the header "uid";"name": is the delimiter ';'`],
    ['csv', 'uid|name\r\n1|"Kim"\r\n', "line 1: no column uid in the header uid|name: is the delimiter '|'"],
    ['csv', '"uid","name"\n1,Kim "x"\n', 'line 2: a quote within a field that does not begin with one'],
    ['ndjson', '{"uid":1,"name":"é"}\n{"uid":2,"name":"\u0000"}\n', 'line 2: not JSON'],
    ['csv', 'uid,name\n1,"a\nb"\n2,x\u0000\n', 'line 4: a NUL byte'],
    ['ndjson', '', 'there is no row'],
    ['ndjson', '\n \r\n', 'there is no row'],
    ['json', '', 'line 1: the file ends before an array begins'],
    ['csv', '', 'there is no header line'],
    ['csv', '\ufeff\r\n', 'there is no header line'],
  ])('%s %j is refused', async (format, text, words) => {
    expect(await refusal(format, text)).toContain(words);
  });

  it.each<[Format, string, string]>([
    ['ndjson', '{"uid":1,"name":"a"}\n{"uid":2,"name":"?"}\n', 'line 2: not valid UTF-8'],
    ['json', '[{"uid":1,"name":"a"},\n{"uid":2,"name":"?"}]', 'element 2 (line 2): not valid UTF-8'],
    ['csv', 'uid,name\n1,a\n2,?\n', 'line 3: not valid UTF-8'],
    ['csv', 'uid,name\n1,"\n"\n2,?\n', 'line 4: not valid UTF-8'],
  ])('%s that is no UTF-8 is refused with its place', async (format, text, words) => {
    expect(await refusal(format, Buffer.from(text.replace('?', '\xe9'), 'latin1'))).toContain(words);
  });

  it('a table may say that it has no rows', async () => {
    expect(await load('json', ' [ ] \n')).toEqual([]);
    expect(await load('csv', 'uid,name')).toEqual([]);
  });

  it('a column may be null in every row where it is written', async () => {
    expect(await load('ndjson', '{"uid":1,"name":null}\n')).toEqual([{ uid: 1, name: null }]);
    expect(await load('csv', 'uid,name\n1,\n')).toEqual([{ uid: 1, name: null }]);
  });

  it('has the columns of pipeline.yaml, named and ordered as there', async () => {
    const rows = await load('csv', 'x,name,NAME,uid\n,a,c,1\n');
    expect(JSON.stringify(rows)).toBe('[{"uid":1,"name":"a"}]');
    expect(await load('ndjson', '{"UID":7,"NAME":"c","name":"a","uid":1}\n')).toEqual([A]);
  });
});

describe.each<Format>(['ndjson', 'json', 'csv'])('columns may have any name: %s', (format) => {
  const written = (rows: readonly Readonly<Record<string, string | number | null>>[]): string => {
    if (format === 'json') return JSON.stringify(rows);
    if (format === 'ndjson') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const field = (value: string | number | null): string =>
      typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value ?? '');
    return [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))]
      .map((row) => row.map(field).join(','))
      .join('\n');
  };

  it.each(['index', 'Index', 'line', 'fields', 'fault'])('%s', async (name) => {
    const texts = [
      { [name]: 'a,"b"', z: 1 },
      { [name]: null, z: 2 },
      { [name]: '\n', z: 3 },
    ];
    expect(await load(format, written(texts), { columns: { [name]: 'VARCHAR', z: 'BIGINT' }, key: ['z'] })).toEqual(
      texts,
    );
    const numbers = [
      { z: 'a', [name]: 700 },
      { z: 'b,', [name]: 800 },
    ];
    const columns = { z: 'VARCHAR', [name]: 'BIGINT' } as const;
    expect(await load(format, written(numbers), { columns, key: [name] })).toEqual(numbers);
    const said = await refusal(format, written([{ z: 'a', [name]: 'x' }]), { columns, key: [name] });
    expect(said).toMatch(new RegExp(`^(?:line|element) [12].*: ${name} is "x", not an integer of 64 bits`));
  });

  it('those in the SQL of the engines, all at once', async () => {
    const names = namesInSql();
    const rows = [3, 5].map((row) =>
      Object.fromEntries(names.map((name, index) => [name, index % 2 === 0 ? row * index : `"${row},${index}"`])),
    );
    const columns = Object.fromEntries(
      names.map((name, index) => [name, index % 2 === 0 ? 'BIGINT' : 'VARCHAR'] as const),
    );
    expect(await load(format, written(rows), { columns, key: names })).toEqual(rows);
  });

  it.each(['n', 'rows', 'rowid'])('%s as the key', async (name) => {
    const settings: TableSettings = { columns: { [name]: 'BIGINT' }, key: [name] };
    await expect(
      load(format, written([0, 1, 5, 0].map((value) => ({ [name]: value }))), settings),
    ).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining(`2 rows with the key {"${name}":0}`) as string,
    });
  });
});

describe('ndjson', () => {
  it('may be compressed, where its name ends with .gz, and is refused where it is cut then', async () => {
    const lines = Array.from({ length: 5_000 }, (_, uid) => `{"uid":${uid},"name":"${Math.sin(uid)}"}\n`).join('');
    const packed = gzipSync(lines);
    expect(await load('ndjson', packed, { file: 't.ndjson.gz' })).toHaveLength(5_000);
    const cut = packed.subarray(0, packed.length - 100);
    await expect(load('ndjson', cut, { file: 't.ndjson.gz' })).rejects.toMatchObject({ code: 'BAD_TABLE' });
  });

  it.each([
    ['{"uid":1,"name":"a"}\n{"uid":2,"na', 'line 2: not JSON: {"uid":2,"na'],
    ['{"uid":1,"name":"a"}{"uid":2,"name":"b"}\n', 'line 1: not JSON'],
    ['{"uid":1,"name":"a"},\n{"uid":2,"name":"b"}\n', 'line 1: not JSON'],
    ['{"uid":1,"uid":2,"name":"a"}\n', 'line 1: a key occurs twice in the object'],
    ['\n\n{"uid":1,"name":"a",}\n', 'line 3: not JSON'],
    ['[1]\n', 'line 1: not a JSON object: [1]'],
    ['[\n{"uid":1,"name":"a"}\n]\n', "is it an array, of the format 'json'?"],
    ['{"uid":1,"name":2}\n', 'line 1: name is 2, not a string'],
    ['{"uid":"1","name":"a"}\n', 'line 1: uid is "1", not an integer of 64 bits'],
  ])('%j is refused', async (text, words) => {
    expect(await refusal('ndjson', text)).toContain(words);
  });

  it('takes the lines of one table as its producers wrote them', async () => {
    const text = '{"uid":1,"name":"a"}\n{ "name" : "b", "uid" : 2 }\n{"uid":3,"name":"\\u00e9\\"\\n"}\n{"uid":4}\n';
    expect(await load('ndjson', text)).toEqual([A, B, { uid: 3, name: 'é"\n' }, { uid: 4, name: null }]);
  });
});

describe('json', () => {
  it.each([
    ['[', 'line 1: the array has no ] at its end, after 0 elements'],
    ['[\n{"uid":1,"name":"a"},\n{"uid":2,"name":"b"},\n', 'line 4: the array has no ] at its end, after 2 elements'],
    ['[{"uid":1,"name":"a"}', 'line 1: the array has no ] at its end, after 1 element'],
    ['[{"uid":1,"name":"a"},{"uid":2,"na', 'element 2 (line 1): the file ends within it: {"uid":2,"na'],
    ['[{"uid":1,"name":"a"},]', 'line 1: no element between , and ]'],
    ['[,{"uid":1,"name":"a"}]', 'line 1: no element before ,'],
    ['[{"uid":1,"name":"a"},\n,{"uid":2,"name":"b"}]', 'line 2: no element before ,'],
    ['[{"uid":1,"name":"a"}]\n[{"uid":2,"name":"b"}]', 'line 2: [{"uid":2,"name":"b"}] after the end of the array'],
    ['[{"uid":1,"name":"a"}] x', 'line 1: x after the end of the array'],
    ['{"uid":1,"name":"a"}\n', 'line 1: {"uid":1,"name":"a"} where an array should begin'],
    ['[{"uid":1,"name":"a"} {"uid":2,"name":"b"}]', 'element 1 (line 1): not JSON'],
    ['[\n1,\n2]', 'element 1 (line 2): not a JSON object: 1'],
    ['[{"uid":1,"name":"a"},\n\n[{"uid":2}]]', 'element 2 (line 3): not a JSON object: [{"uid":2}]'],
    ['[{"uid":1,"name":"a\n"}]', 'element 1 (line 1): not JSON'],
    ['[{"uid":1,"name":"a",}]', 'element 1 (line 1): not JSON'],
    ['[{"uid":1,"name":"a"}, {"uid":2,"uid":3}]', 'element 2 (line 1): a key occurs twice'],
    ['[{"uid":1]', 'element 1 (line 1): the file ends within it'],
  ])('%j is refused', async (text, words) => {
    expect(await refusal('json', text)).toContain(words);
  });

  it('takes brackets, commas and quotes within strings for text', async () => {
    const names = ['],[', '{"x":1}', '\\', '"', 'a,b'];
    const rows = names.map((name, uid) => ({ uid, name }));
    expect(await load('json', JSON.stringify(rows, undefined, 2))).toEqual(rows);
    expect(await load('json', JSON.stringify(rows))).toEqual(rows);
  });
});

describe('csv', () => {
  it('takes quoted fields with delimiters, line ends and doubled quotes', async () => {
    const text = 'uid,name\r\n1,"a ""b"",\r\nc\n"\r\n"2",""""\n3,"x"';
    expect(await load('csv', text)).toEqual([
      { uid: 1, name: 'a "b",\r\nc\n' },
      { uid: 2, name: '"' },
      { uid: 3, name: 'x' },
    ]);
  });

  it('takes an empty field, also a quoted one, for null, and blanks as they are', async () => {
    expect(await load('csv', 'uid,name\n1,\n2,""\n"", a \n')).toEqual([
      { uid: 1, name: null },
      { uid: 2, name: null },
      { uid: null, name: ' a ' },
    ]);
  });

  it.each([
    ['uid,name\n1,a\n2\n', 'line 3: 1 field, not the 2 of the header: 2'],
    ['uid,name\n1,"a\nb"\n2,b,c\n', 'line 4: 3 fields, not the 2 of the header: 2,b,c'],
    ['uid,name,uid\n1,a,2\n', 'line 1: the header names uid twice'],
    ['uid,name\n1,a\n2,"b\n3,c\n', 'line 3: a quote that is never closed'],
    ['uid,name\n1,a "b"\n', 'line 2: a quote within a field that does not begin with one'],
    ['uid,name\n1, "b"\n', 'line 2: a quote within a field that does not begin with one'],
    ['uid,name\n1,"a"b\n', 'line 2: text after the closing quote of a field'],
    ['uid,name\n 1,a\n', 'line 2: uid is " 1", not an integer of 64 bits'],
    ['uid,name\n1,"a\n\n"\n"x",b\n', 'line 5: uid is "x", not an integer of 64 bits'],
  ])('%j is refused', async (text, words) => {
    expect(await refusal('csv', text)).toContain(words);
  });

  it.each([
    [';', 'uid;name\n1;a,b\n2;"c;d"\n', ['a,b', 'c;d']],
    ['\t', 'uid\tname\n1\ta b\n2\t"c\td"\n', ['a b', 'c\td']],
    ['\\t', 'uid\tname\n1\ta b\n2\t"c\td"\n', ['a b', 'c\td']],
    ['¦', 'uid¦name\n1¦a\n2¦"c¦d"\n', ['a', 'c¦d']],
    ["'", "uid'name\n1'a\n2'b\n", ['a', 'b']],
  ])('may be delimited by %j', async (delimiter, text, names) => {
    expect(await load('csv', text, { delimiter })).toEqual([
      { uid: 1, name: names[0] },
      { uid: 2, name: names[1] },
    ]);
  });

  it.each(['', ';;', '"', '\n', '\r', '\0'])('may not be delimited by %j', async (delimiter) => {
    await expect(load('csv', 'uid,name\n', { delimiter })).rejects.toThrow('one character');
  });

  it('alone has a delimiter', async () => {
    for (const format of ['json', 'ndjson'] as const) {
      await expect(load(format, '[]', { delimiter: ',' })).rejects.toThrow('a delimiter only where the format is csv');
    }
  });

  it('with a wrong delimiter is refused with the setting to write', async () => {
    expect(await refusal('csv', 'name|uid\n')).toContain("Set delimiter: '|' for the table");
    expect(await refusal('csv', 'uid,name\n', { delimiter: ';' })).toContain("Set delimiter: ',' for the table");
    expect(await refusal('csv', 'Uid,name\n')).not.toContain('delimiter');
  });
});

describe('a table larger than a chunk of reading', () => {
  const rows = Array.from({ length: 150_000 }, (_, uid) => ({ uid, name: `${'é'.repeat(uid % 40)}, "${uid}"\n` }));
  const written: Record<Format, string> = {
    ndjson: rows.map((row) => JSON.stringify(row)).join('\n'),
    json: JSON.stringify(rows),
    csv: ['uid,name', ...rows.map(({ uid, name }) => `${uid},"${name.replaceAll('"', '""')}"`)].join('\n'),
  };

  it.each<Format>(['ndjson', 'json', 'csv'])('is read whole and in its order: %s', async (format) => {
    expect(await load(format, written[format])).toEqual(rows);
  });

  it.each<[Format, string, string]>([
    ['ndjson', '\n{"uid":"x","name":"a"}', 'line 150001: '],
    ['json', '\n,{"uid":"x","name":"a"}]', 'element 150001 (line 2): '],
    ['csv', '\nx,a', 'line 300002: '],
  ])('is refused with the right place: %s', async (format, end, place) => {
    const text = format === 'json' ? written.json.slice(0, -1) : written[format];
    expect(await refusal(format, `${text}${end}`)).toContain(`${place}uid is "x", not an integer`);
  });
});

describe('a table for which there is too little memory', () => {
  const rows = Array.from({ length: 40 }, (_, uid) => JSON.stringify({ uid, name: 'x'.repeat(1_000_000) })).join('\n');

  it.each([
    [undefined, /DAYBREAK_BUILD_MEMORY/],
    ['Make the table smaller.', /^Make the table smaller\.$/],
  ])('is refused with a remedy that helps where it is loaded: %s', async (memoryRemedy, remedy) => {
    const database = { memoryLimit: 32 * 2 ** 20, ...(memoryRemedy !== undefined && { memoryRemedy }) };
    await expect(load('ndjson', rows, { database })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      what: expect.stringMatching(
        /^DuckDB has too little memory for the table t \(.*t\.ndjson\): Out of Memory Error/,
      ) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  it('is refused so also if only its keys take too much', async () => {
    const keys = Array.from({ length: 250_000 }, (_, uid) => `{"uid":${uid},"name":"${'x'.repeat(40)}"}`).join('\n');
    const key = ['uid', 'name'];
    const failure = {
      code: 'ENGINE_FAILED',
      what: expect.stringContaining('too little memory for the table t') as string,
    };
    await expect(load('ndjson', keys, { key, database: { memoryLimit: 32 * 2 ** 20 } })).rejects.toMatchObject(failure);
  });
});
