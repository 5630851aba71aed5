import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { jsonTextFault, LONGEST_KEY, MOST_LEVELS } from '../../../engines/rule/json-text';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function faultOf(text: string): Promise<unknown> {
  const reader = await connection.runAndReadAll(
    `SELECT ${jsonTextFault("'payload'", 'raw')} FROM (SELECT $raw AS raw)`,
    {
      raw: text,
    },
  );
  return reader.getRowsJson()[0]?.[0];
}

const nested = (levels: number, open: string, close: string): string => open.repeat(levels) + close.repeat(levels);

it.each([
  ['null'],
  ['"{\\"a\\":1,\\"a\\":2}"'],
  ['{"a":{"b":1},"c":{"b":1}}'],
  ['[{"a":1},{"a":1}]'],
  [nested(MOST_LEVELS, '[', ']')],
  [nested(MOST_LEVELS / 2, '[{"a":', '}]').replace('}', '1}')],
  [`[${'[1],'.repeat(500)}{}]`],
  ['{"a":[1e308,-1e308,1e-400,0e999]}'],
  [`[${'9'.repeat(308)},"1e400"]`],
  [`{"${'k'.repeat(LONGEST_KEY)}":"${'v'.repeat(2 * LONGEST_KEY)}"}`],
  [`["${'['.repeat(500)}"]`],
])('takes %#', async (text) => {
  expect(await faultOf(text)).toBeNull();
});

it.each([
  ['{"a":1,"a":2}', 'payload is {"a":1,"a":2}, in which a key occurs twice in an object'],
  ['[1,{"a":{"b":[{"":1,"":1}]}}]', expect.stringContaining('in which a key occurs twice')],
  ['{"a":1,"\\u0061":2}', expect.stringContaining('in which a key occurs twice')],
  [nested(MOST_LEVELS + 1, '[', ']'), expect.stringContaining(`, which has more than ${MOST_LEVELS} levels`)],
  [`{"a":${nested(MOST_LEVELS, '[', ']')}}`, expect.stringContaining('more than')],
  [`[${'[1],'.repeat(500)}${nested(MOST_LEVELS, '[', ']')}]`, expect.stringContaining('more than')],
  ['1e309', 'payload is 1e309, which has a number that no double holds'],
  ['{"a":[-1E+0400]}', expect.stringContaining('which has a number that no double holds')],
  [`[${'9'.repeat(290)}e20]`, expect.stringContaining('which has a number that no double holds')],
  [`[${'9'.repeat(309)}]`, expect.stringContaining('which has a number that no double holds')],
  [`{"${'k'.repeat(LONGEST_KEY + 1)}":1}`, expect.stringContaining(', which has a key of more than 1000 characters')],
  [nested(500_000, '[', ']'), expect.stringContaining('more than')],
])('refuses %#', async (text, reason) => {
  expect(await faultOf(text)).toEqual(reason);
});
