import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { literal } from '../../../engines/duckdb/sql';
import { markedSql, quicklyMarkedSql } from '../../../engines/rule/written-numbers';
import { record, spell, spelling } from './nested-records';

const texts = fc
  .tuple(record, spelling)
  .map(([[entries], how]) => spell({ kind: 'object', entries: [...entries] }, how));

it('marks the numbers of a text quickly as it does part by part, or not at all', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    const connection = await instance.connect();
    const ways = new Set<string>();
    const check = async (all: readonly string[]): Promise<void> => {
      const from = `(SELECT text, ${quicklyMarkedSql('text')} AS quick FROM (SELECT unnest([${all.map(literal).join(', ')}]) AS text))`;
      const read = await connection.runAndReadAll(
        `SELECT text, ${markedSql('text', 'quick')}, ${markedSql('text', "''")}, json_valid(quick) FROM ${from}`,
      );
      for (const [text, marked, byParts, isQuick] of read.getRowsJS()) {
        expect([text, marked]).toEqual([text, byParts]);
        ways.add(`${isQuick === true ? 'quick' : 'part by part'}, ${marked === text ? 'no number' : 'numbers'}`);
      }
    };
    await check([
      '{"a":[1.50,1e3 , -0,-0.0],"b":1.5}',
      '{"a":",1.50,","b":1.50}',
      '{"a":":1.50","b":1.50}',
      '{"a" : 1.50 , "b":"1.50"}',
      '{"a":"07:00:00.000+0100","b":[1.0]}',
    ]);
    await fc.assert(fc.asyncProperty(fc.array(texts, { minLength: 50, maxLength: 100 }), check), { numRuns: 40 });
    expect(ways.size).toBe(4);
  } finally {
    instance.closeSync();
  }
});
