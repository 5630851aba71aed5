import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as database from '../../engines/duckdb/database';
import { loadPipeline, loadPipelineWithoutTables } from '../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from './scratch';

jest.mock('../../engines/duckdb/database', () => {
  const actual = jest.requireActual<typeof database>('../../engines/duckdb/database');
  return { ...actual, openDatabase: jest.fn(actual.openDatabase) };
});

const openDatabase = jest.mocked(database.openDatabase);
const root = scratchFolder();

it('a pipeline is checked again only if its SQL, its settings or a table has changed', async () => {
  const folder = await pipelineLike('events', root);
  const [table, sql, yaml] = ['names.ndjson', 'transform.sql', 'pipeline.yaml'].map((file) => join(folder, file));
  const checksOf = async (work: Promise<unknown>): Promise<number> => {
    openDatabase.mockClear();
    await work;
    return openDatabase.mock.calls.length;
  };
  const load = async (): Promise<number> => checksOf(loadPipeline(folder));

  const first = await loadPipeline(folder);
  expect(openDatabase).toHaveBeenCalledTimes(1);
  openDatabase.mockClear();
  expect(await loadPipeline(folder)).toEqual(first);
  expect(openDatabase).not.toHaveBeenCalled();

  await writeFile(table!, await readFile(table!));
  expect(await load()).toBe(0);
  await appendFile(table!, '{"uid":100000,"name":"New"}\n');
  expect(await load()).toBe(1);
  expect(await load()).toBe(0);
  await writeFile(sql!, `${await readFile(sql!, 'utf8')} -- the same rows\n`);
  expect(await load()).toBe(1);
  await writeFile(yaml!, (await readFile(yaml!, 'utf8')).replace('Asia/Seoul', 'Asia/Tokyo'));
  expect(await load()).toBe(1);

  // A step that needs no table does not make the next one load large tables again.
  const withoutTables = (): Promise<number> => checksOf(loadPipelineWithoutTables(root, 'events'));
  expect(await withoutTables()).toBe(1);
  expect(await withoutTables()).toBe(0);
  expect(await load()).toBe(0);

  await appendFile(table!, '{"uid":"no number","name":"Wrong"}\n');
  const refused = expect(loadPipeline(folder)).rejects.toMatchObject({ code: 'BAD_TABLE' });
  expect(await checksOf(refused)).toBe(1);
  expect(await checksOf(expect(loadPipeline(folder)).rejects.toMatchObject({ code: 'BAD_TABLE' }))).toBe(1);
});
