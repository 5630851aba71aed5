import { userInfo } from 'node:os';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { expectedRows, fedDay, servedRows } from '../batch/day-rows';
import { webHdfs } from '../storage/web-hdfs';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { startStorageServer, type StorageServer } from '../support/storage-servers';

useStack();
const date = parseBusinessDate('2026-04-19');
const EVENTS = 2_000;

let server: StorageServer;
let pipeline: OwnPipeline;
let environment: Readonly<Record<string, string>>;
let worker: BackgroundCommand;

beforeAll(async () => {
  server = await startStorageServer('hdfs');
  // The cluster belongs to the user who started it.
  await webHdfs(server.url, 'PUT', '/', { op: 'SETPERMISSION', permission: 777, 'user.name': userInfo().username });
  const place = `webhdfs://${new URL(server.url).host}/logs`;
  pipeline = await ownPipeline((yaml) =>
    yaml
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0')
      .replace(/^( +)pattern: .*$/m, `$1location: ${place}/hourly\n$1pattern: dt=%Y-%m-%d/hour=%H/*.json.gz`)
      .concat(`\noutput:\n  location: ${place}/days\n`),
  );
  environment = { ...pipeline.environment, HADOOP_USER_NAME: 'daybreak' };
  worker = await background('worker --role batch', environment, '"msg":"ready"');
}, 900_000);

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
    () => server.stop(),
  ),
);

it('feeds a day to HDFS, publishes it there, and Druid reads it from there, exactly', async () => {
  await succeed(`feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed 6 --no-kafka`, environment);
  const on = `--pipeline ${pipeline.name} --date ${date} --json`;
  const result = JSON.parse(await succeed(`batch run ${on}`, environment)) as DailyBatchResult;
  const records = fedDay(date, EVENTS, 6);
  expect(result.counts).toMatchObject({ read: records.filter(({ toFile }) => toFile).length, written: EVENTS });
  expect(result.output).toMatch(new RegExp(`^webhdfs://[^/]+/logs/days/\\.versions/${date}/[0-9a-f]{16}$`));
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(records));
  await succeed(`batch verify ${on}`, environment);
});
