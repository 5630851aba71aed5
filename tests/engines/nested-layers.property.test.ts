import fc from 'fast-check';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runIsolated } from '../../activities/speed/isolated-transform';
import { runDayBuild } from '../../engines/build-day';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { number, record, spell, spelling, string } from './rule/nested-records';
import type { Json } from './rule/reference-rule';
import { contentsOf, DAY, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();

const COLUMNS = {
  '"@timestamp"': '{ type: VARCHAR, path: $.meta.at }',
  id: '{ type: BIGINT, path: $.meta.id }',
  text: '{ type: VARCHAR, path: $.a, lenient: true }',
  nested: '{ type: JSON, path: $.b }',
  '"user.name"': 'JSON',
  list: '{ type: "JSON[]", path: $.user }',
  '"user-id"': 'VARCHAR[]',
  price: '{ type: "DECIMAL(6,2)", path: "$.a[0]" }',
  '"서울"': '{ type: DOUBLE, lenient: true }',
  deep: '{ type: "BIGINT[]", path: $.b.a, lenient: true }',
};
const SQL = `SELECT e."@timestamp", e.id, e.text, e.nested, e."user.name", to_json(e.list) AS list, e."user-id", CAST(e.price AS VARCHAR) AS price,
  e."서울", e.deep, e.nested::VARCHAR AS written FROM events e`;
/** Only columns that the fast path reads. */
const PLAIN = {
  '"@timestamp"': '{ type: VARCHAR, path: $.meta.at }',
  id: '{ type: BIGINT, path: $.meta.id }',
  inner: '{ type: VARCHAR, path: "$.a.b" }',
  '"user.name"': 'DOUBLE',
};

async function pipelineWith(
  name: string,
  columns: Readonly<Record<string, string>>,
  more: string,
  sql: string,
): Promise<LoadedPipeline> {
  const folder = join(root, name);
  await mkdir(folder);
  const declared = Object.entries(columns).map(([column, setting]) => `    ${column}: ${setting}\n`);
  await writeFiles(folder, {
    'pipeline.yaml': `name: ${name}
timeZone: Asia/Seoul
events:
  columns:
${declared.join('')}  time: { column: '@timestamp' }
${more}
files: { pattern: "ev.%Y%m%d.%H*.json", reachHours: 0 }
kafka: { topic: a, outputTopic: b, key: id }
druid: { datasource: d }
gate: { allowedMissingHours: 24 }
`,
    'transform.sql': sql,
  });
  return loadPipeline(folder);
}

const at = fc.constantFrom('07:00:00', '07:00:00', '07:59:59', '08:00:00', '25:00:00');
const line = fc.tuple(record, spelling, at, fc.nat(3)).map(([[entries], how, clock, id]) => {
  const meta: Json = {
    kind: 'object',
    entries: [
      ['at', string(`2026-11-21 ${clock}`)],
      ['id', number(String(id))],
    ],
  };
  return spell({ kind: 'object', entries: [['meta', meta], ...entries] }, how);
});
/** Lines of one layout, as a producer writes them. */
const plainLine = fc
  .tuple(fc.nat(3), at, fc.constantFrom('"x"', '"x"', '"y"', 'null', '1'), fc.constantFrom('1.5', '2', '"z"'))
  .map(([id, clock, inner, number]) =>
    `{"meta":{"id":${id},"at":"2026-11-21 ${clock}"},"a":{"b":${inner},"c":[]},"user.name":${number}}`.replace(
      ',"c":[]',
      id === 3 ? ',"c":[]' : '',
    ),
  );

describe.each([
  ['whole records', COLUMNS, '', SQL, line],
  ['an identity of nested values', COLUMNS, '  identity: [nested, user-id, price]', SQL, line],
  ['columns that the fast path reads', PLAIN, '', 'SELECT * FROM events e', plainLine],
])('%s', (title, columns, more, sql, lines) => {
  it('become the same rows, duplicates and bad records in a micro-batch and in a day', async () => {
    const loaded = await pipelineWith(title.replaceAll(' ', '-'), columns, more, sql);
    const isWhole = more === '';
    const transform = await openMicroBatch(loaded);
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(lines, { minLength: 20, maxLength: 60 }), async (made) => {
          run += 1;
          const [input, output] = [join(root, `input-${title}-${run}`), join(root, `output-${title}-${run}`)];
          await writeFiles(input, { 'ev.20261121.07.json': made.map((one) => `${one}\n`).join('') });
          const { messages, rejects } = await runIsolated(
            transform,
            made.map((one) => Buffer.from(one)),
          );
          const { counts } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
          const rows = await rowsOf(output, DAY);
          const given = messages.map(({ value }) => value);
          expect(new Set(given)).toEqual(isWhole ? new Set(rows) : expect.anything());
          expect(rows.filter((row) => !given.includes(row))).toEqual([]);
          expect(counts.kept + counts.duplicates).toBe(given.length);
          if (isWhole) expect(rows).toHaveLength(new Set(given).size);
          const text = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
          const faults = text
            .split('\n')
            .filter((one) => one !== '')
            .map((one) => JSON.parse(one) as { line: number; reason: string });
          expect(faults.map(({ line: position, reason }) => [position - 1, reason])).toEqual(
            rejects.map(({ index, code, reason }) => [
              index,
              code === undefined ? reason : `the transform fails on it: ${reason}`,
            ]),
          );
          await rm(input, { recursive: true });
          await rm(output, { recursive: true });
        }),
        { numRuns: 25 },
      );
    } finally {
      transform.close();
    }
  }, 600_000);
});
