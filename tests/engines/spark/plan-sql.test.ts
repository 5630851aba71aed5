import { DuckDBInstance } from '@duckdb/node-api';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY, scratchFolder, writeFiles } from '../scratch';
import { queryTexts } from '../../../engines/duckdb/query';
import { loadPipeline } from '../../../engines/load-pipeline';
import { planSql, stageSql } from '../../../engines/spark/plan-sql';
import { groupsOfNames } from '../sql-names';

const root = scratchFolder();

/** The rows that tasks make of one chunk of lines, the lines by NOTE, and the digest of a neighbouring hour. */
async function madeOf(names: readonly string[], identity: readonly string[] | undefined): Promise<unknown> {
  const folder = join(root, 'ev');
  await writeFiles(folder, {
    'pipeline.yaml': `name: ev
timeZone: Asia/Seoul
events:
  columns: { time: VARCHAR, id: BIGINT, ${names.map((name) => `"${name}": BIGINT`).join(', ')} }
  time: { column: time }
${identity === undefined ? '' : `  identity: ${JSON.stringify(identity)}\n`}files: { pattern: ev.%Y%m%d.%H.json }
kafka: { topic: ev, outputTopic: evo, key: id }
druid: { datasource: ev }
`,
    'transform.sql': `SELECT e.time, e.id, 1 // (e.id - 3) AS failed, ${names.map((name, index) => `e."${name}" AS x${index}`).join(', ')} FROM events e`,
  });
  const loaded = await loadPipeline(folder);
  const record = (id: number): string =>
    `{"time":"2026-11-21 07:00:00","id":${id},${names.map((name, index) => `"${name}":${(id * 5 + index * 3) % 7}`).join(',')}}`;
  const text = Buffer.from([1, 2, 4, 2, 3, 5, 1, 6].map(record).concat('no record').join('\n'));
  const plan = planSql(loaded, 1, ['07']);

  const instance = await DuckDBInstance.create(':memory:', plan.config);
  const connection = await instance.connect();
  const run = (sql: string): Promise<(string | null)[][]> => queryTexts(connection, sql);
  try {
    for (const sql of [...plan.prepare, plan.emptyStage]) await connection.run(sql);
    const stage = await connection.prepare(stageSql(loaded, DAY, '07', text));
    stage.bindBlob(1, text);
    await stage.run();
    const [neighbour] = await run(plan.neighbourContent);
    const between = (sql: string): string => sql.replaceAll('$FIRST', '3').replaceAll('$LAST', '4');
    await connection.run(between(plan.candidates));
    const candidates = await run('SELECT x0 FROM (SELECT count(*) AS x0 FROM events)');
    const bounds = await run(between(plan.candidateBounds));
    await connection.run(plan.reject.replace('?', '4'));
    const notes = await run(plan.countNotes);
    const faults = await run(plan.faults);
    await connection.run(plan.emptyPart);
    for (const records of [plan.targets.replaceAll('$HOUR', "'07'"), plan.stagedRecords]) {
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE daybreak_records AS SELECT * FROM (${records}) WHERE id <> 3 AND id IS NOT NULL`,
      );
      const insert = await connection.prepare(plan.insertPart);
      insert.bindVarchar(1, '07');
      await insert.run();
    }
    await connection.run(plan.redundant);
    await connection.run(plan.events.replace('$HOUR', "'07'"));
    await connection.run(plan.checkRows);
    await connection.run(plan.rows);
    const path = join(root, 'rows.ndjson');
    await connection.run(plan.copyRows.replace('$PATH', path));
    const counts = await run(plan.countRows);
    return { neighbour, candidates, bounds, notes, faults, counts, rows: await readFile(path, 'utf8') };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const [whole, two] = [() => undefined, (names: readonly string[]) => ['id', ...names.slice(0, 2)]];
it.each(groupsOfNames(40).flatMap((names) => [whole, two].map((identityOf) => ({ names, identityOf }))))(
  'a column of the events may have any name: $names $identityOf',
  async ({ names, identityOf }) => {
    const neutral = names.map((_, index) => `plain_${index}`);
    const made = await madeOf(names, identityOf(names));
    expect(made).toEqual(await madeOf(neutral, identityOf(neutral)));
    expect(made).toMatchObject({ counts: [['5', '0']], bounds: [['3', '4']], notes: [['!', '2']] });
  },
);
