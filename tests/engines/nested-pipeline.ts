import fc from 'fast-check';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { number, record, spell, spelling, string } from './rule/nested-records';
import type { Json } from './rule/reference-rule';
import { writeFiles } from './scratch';

/** Columns of every kind, by paths and under names that are no identifiers. */
export const NESTED_COLUMNS = {
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
/** With the text of each JSON value, because rows write 0.1 for 0.10000000000000001, and those are two events. */
export const NESTED_SQL = `SELECT e."@timestamp", e.id, e.text, e.nested, e."user.name", to_json(e.list) AS list, e."user-id", CAST(e.price AS VARCHAR) AS price,
  e."서울", e.deep, e.nested::VARCHAR AS written,
  e."user.name"::VARCHAR AS name_written, array_to_string(e.list::VARCHAR[], ' ') AS list_written FROM events e`;
/** Only columns that the fast path reads. */
export const PLAIN_COLUMNS = {
  '"@timestamp"': '{ type: VARCHAR, path: $.meta.at }',
  id: '{ type: BIGINT, path: $.meta.id }',
  inner: '{ type: VARCHAR, path: "$.a.b" }',
  '"user.name"': 'DOUBLE',
};

/** A pipeline in a new folder of `root`. */
export async function pipelineWith(
  root: string,
  name: string,
  {
    columns,
    more = '',
    sql,
  }: { readonly columns: Readonly<Record<string, string>>; readonly more?: string; readonly sql: string },
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
/** Events with all kinds of values, and bad ones. */
export const nestedLine = fc.tuple(record, spelling, at, fc.nat(3)).map(([[entries], how, clock, id]) => {
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
export const plainLine = fc
  .tuple(fc.nat(3), at, fc.constantFrom('"x"', '"x"', '"y"', 'null', '1'), fc.constantFrom('1.5', '2', '"z"'))
  .map(([id, clock, inner, number]) =>
    `{"meta":{"id":${id},"at":"2026-11-21 ${clock}"},"a":{"b":${inner},"c":[]},"user.name":${number}}`.replace(
      ',"c":[]',
      id === 3 ? ',"c":[]' : '',
    ),
  );
