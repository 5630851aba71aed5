import fc from 'fast-check';
import { parsePath, pathOf, type PathStep } from '../../../domain/field-path';
import { eventColumnsOf } from '../../../domain/event-columns';
import { pipelineSchema, type Pipeline } from '../../../domain/pipeline';
import { openDatabase, type Database } from '../../../engines/duckdb/database';
import { fastPath } from '../../../engines/duckdb/fast-path';
import { quoted } from '../../../engines/duckdb/sql';
import { FAULT, NOTE, parseLinesSql } from '../../../engines/rule/record-rule';
import { timeRuleOf } from '../../../engines/rule/time-rule';
import { KEYS, key, number, record, spell, spelling, string } from './nested-records';
import { outcomeOf, type Json } from './reference-rule';

const TIME = '2026-11-21 07:00:00';
const valueType = fc.constantFrom(
  'VARCHAR',
  'BIGINT',
  'DOUBLE',
  'BOOLEAN',
  'JSON',
  'DECIMAL(4,2)',
  'DECIMAL(38,10)',
  'DECIMAL(3,0)',
  'DECIMAL(2,2)',
);
const type = fc.tuple(valueType, fc.constantFrom('', '', '[]')).map(([of, list]) => `${of}${list}`);
const step = fc.oneof<fc.MaybeWeightedArbitrary<PathStep>[]>({ weight: 4, arbitrary: key }, fc.nat(2));
const column = fc.record({
  type,
  steps: fc.tuple(key, fc.array(step, { maxLength: 2 })).map(([first, rest]) => [first, ...rest]),
  lenient: fc.boolean(),
});

function pipelineOf(columns: readonly { type: string; steps: readonly PathStep[]; lenient: boolean }[]): Pipeline {
  const declared = columns.map(
    ({ type, steps, lenient }, index) =>
      [`c${index}`, { type, path: pathOf(steps), lenient: lenient && !type.startsWith('JSON') }] as const,
  );
  return pipelineSchema.parse({
    name: 'p',
    timeZone: 'UTC',
    events: {
      columns: { ...Object.fromEntries(declared), 'the time': { type: 'VARCHAR', path: '$.time.at' } },
      time: { column: 'the time' },
    },
    files: { pattern: '%Y%m%d%H' },
    kafka: { topic: 'a', outputTopic: 'b', key: 'c0' },
    druid: { datasource: 'd' },
  });
}

const at: readonly [string, Json] = ['time', { kind: 'object', entries: [['at', string(TIME)]] }];

describe('the rule for nested fields', () => {
  let database: Database;
  const seen = { values: 0, nulls: 0, bad: 0 };

  beforeAll(async () => {
    database = await openDatabase(pipelineOf([{ type: 'VARCHAR', steps: ['a'], lenient: false }]), undefined);
  });
  afterAll(() => {
    database.close();
  });

  async function rowsOf(pipeline: Pipeline, lines: Buffer, withProof: boolean): Promise<unknown[][]> {
    const time = timeRuleOf(pipeline);
    const proof = withProof ? fastPath?.proveEvents(lines, pipeline) : undefined;
    const columns = eventColumnsOf(pipeline.events).map(({ name, type: of }) =>
      of.endsWith('[]') ? `list_transform(${quoted(name)}, lambda x: x::VARCHAR)` : `${quoted(name)}::VARCHAR`,
    );
    const statement = await database.connection.prepare(
      `SELECT ${NOTE}, ${columns.join(', ')} FROM (${parseLinesSql({ pipeline, time, proof })})`,
    );
    statement.bindBlob(1, lines);
    const rows = (await statement.runAndReadAll()).getRowsJson();
    statement.destroySync();
    return rows;
  }

  it('is as the reference says, with and without the fast path', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(column, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(record, spelling), { minLength: 20, maxLength: 30 }),
        async (columns, made) => {
          const pipeline = pipelineOf(columns);
          const fields = eventColumnsOf(pipeline.events);
          const records = made.map(([[entries, repeat]]): Json => {
            const again = repeat === 0 ? entries.slice(0, 1) : [];
            return { kind: 'object', entries: [...entries, ...again, at] };
          });
          const lines = Buffer.from(records.map((one, index) => spell(one, made[index]![1])).join('\n'));
          const rows = await rowsOf(pipeline, lines, false);
          expect(rows).toHaveLength(records.length);
          records.forEach((one, index) => {
            const [note, ...values] = rows[index]!;
            const expected = outcomeOf(one, fields);
            const line = spell(one, made[index]![1]);
            if (expected.reason !== undefined) {
              seen.bad += 1;
              expect([line, note]).toEqual([line, expect.stringContaining(`${FAULT}${expected.reason}`)]);
              return;
            }
            seen.values += 1;
            seen.nulls += expected.values.filter((value) => value === null).length;
            expect([line, note, ...values.map(same(fields))]).toEqual([
              line,
              null,
              ...expected.values.map(same(fields)),
            ]);
          });
          expect(await rowsOf(pipeline, lines, true)).toEqual(rows);
        },
      ),
      { numRuns: 150 },
    );
    expect(seen.bad).toBeGreaterThan(seen.values / 20);
    expect(seen.values).toBeGreaterThan(seen.bad / 20);
    expect(seen.nulls).toBeLessThan(seen.values * 3);
  });

  it('reads any name and any key that a pipeline may have, and only these', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom('', '"', "'", ']', '$', '")--'),
        async (text, more) => {
          const name = `${more}${text}`;
          // The schema would drop this name. A pipeline.yaml with it is refused before: see security/paths.
          fc.pre(name !== '__proto__');
          const columns = {
            [name]: { type: 'BIGINT', path: pathOf([name]) },
            time: { type: 'VARCHAR', path: '$.time.at' },
          };
          const base = pipelineOf([]);
          const parsed = pipelineSchema.safeParse({ ...base, events: { columns, time: { column: 'time' } } });
          const isSpeakable = !/\p{C}/u.test(name);
          expect(parsePath(pathOf([name]))).toEqual(isSpeakable ? [name] : undefined);
          expect(parsed.success).toBe(isSpeakable && name !== '' && !/["'`\\]|^time$/i.test(name));
          if (!parsed.success) return;
          const line = spell(
            { kind: 'object', entries: [[`${name}.`, number('1')], [name, number('7')], at] },
            { blank: '', escapes: false },
          );
          expect(await rowsOf(parsed.data, Buffer.from(line), true)).toEqual([[null, '7', TIME]]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(KEYS)('finds the key %j wherever it is', async (name) => {
    for (const steps of [[name], ['a', name], [name, 1, name]]) {
      expect(parsePath(pathOf(steps))).toEqual(steps);
      const pipeline = pipelineOf([{ type: 'BIGINT', steps, lenient: false }]);
      const inner = steps.reduceRight<Json>(
        (value, one) =>
          typeof one === 'string'
            ? {
                kind: 'object',
                entries: [
                  ['other', number('1')],
                  [one, value],
                ],
              }
            : { kind: 'array', items: [number('2'), value] },
        number('7'),
      );
      const entries = inner.kind === 'object' ? inner.entries : [];
      const line = spell({ kind: 'object', entries: [...entries, at] }, { blank: '', escapes: false });
      expect(await rowsOf(pipeline, Buffer.from(line), false)).toEqual([[null, '7', TIME]]);
    }
  });
});

/** DuckDB spells doubles, DECIMALs without a digit before the point, and control characters in JSON differently. */
function same(fields: readonly { readonly type: string }[]): (value: unknown, index: number) => unknown {
  return (value, index) => {
    const type = fields[index]?.type ?? '';
    const one = (text: unknown): unknown => {
      if (typeof text !== 'string') return text;
      if (type.startsWith('DOUBLE')) return Number(text);
      if (type.startsWith('DECIMAL')) return text.replace(/^(-?)\./, '$10.');
      return type.startsWith('JSON') ? text.replace(/\\u[0-9A-Fa-f]{4}/g, (escape) => escape.toLowerCase()) : text;
    };
    return Array.isArray(value) ? value.map(one) : one(value);
  };
}
