import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../../../engines/duckdb/database';
import { transformedRows } from '../../../../engines/duckdb/hours/hour-output';
import { HourStage } from '../../../../engines/duckdb/stage/hour-stage';
import { stageAll } from '../../../../engines/duckdb/stage/stage-files';
import type { LoadedPipeline } from '../../../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../../../engines/load-pipeline';
import type { QuarantinedRecord } from '../../../../engines/versions/quarantine';
import { DAY, event, lines, pipelineLike, scratchFolder } from '../../scratch';

const root = scratchFolder();
const FILE = 'names.20261121.07.json';
const HUGE = '9000000000000000000';

let loaded: LoadedPipeline;
let database: Database;

beforeAll(async () => {
  const failing = (sql: string): string => sql.replace('e.id AS', 'e.id * 4 AS');
  loaded = await loadPipeline(await pipelineLike('events', root, { 'transform.sql': failing }));
  database = await openDatabase(loaded.pipeline, loaded.tables);
});
afterAll(() => {
  database.close();
});

it('keeps a record as bad on which the transform fails, also where its line is gone from the file by then', async () => {
  const path = join(root, FILE);
  const content = lines(event(1), event(HUGE), event(2), event(HUGE), event(HUGE));
  await writeFile(path, content);
  const files = [{ file: FILE, path, hour: '07', bytes: content.length, changedAt: 0, stamp: '' }];
  const stage = new HourStage(database.connection, loaded.pipeline, DAY, join(root, 'bad'));
  const { signal } = new AbortController();
  const read = await stageAll(stage, { date: DAY, hour: '07', files }, { signal });
  await truncate(path, lines(event(1), event(HUGE), event(2)).length);

  const now = await stage.rejectFailing(transformedRows(loaded).check, files);
  expect(await stage.counts()).toMatchObject({ read: 5, quarantined: 3 });
  const quarantined: QuarantinedRecord[] = [];
  for await (const record of stage.quarantined()) quarantined.push(record);
  const reason = expect.stringMatching(/^the transform fails on it: Out of Range Error/) as string;
  expect(quarantined).toEqual([
    { file: FILE, line: 2, reason, text: event(HUGE) },
    { file: FILE, line: 4, reason, text: '' },
    { file: FILE, line: 5, reason, text: '' },
  ]);
  // So a build can notice it, and start again.
  expect(now).toEqual([{ file: FILE, sha256: expect.any(String) as string }]);
  expect(now[0]?.sha256).not.toBe(read.files[0]?.sha256);
  await stage.clear();
});
