import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate, shiftDate, type BusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { freePortBase } from '../support/test-stacks';
import { useStack } from '../support/stack';
import { servedRows } from './day-rows';

useStack();
const date = parseBusinessDate('2026-03-14');
const config = readConfig();
const druid = createDruidClient(config.druid);

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let environment: Record<string, string>;

// Both at once: the batch has a datasource of its own, and Druid reads its rows from the worker.
beforeAll(async () => {
  pipeline = await ownPipeline((yaml) =>
    yaml
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0')
      .replace(/^( +)(datasource: .*)$/m, '$1$2\n$1replace: separate'),
  );
  environment = {
    ...pipeline.environment,
    DAYBREAK_OUTPUT_URL: `http://127.0.0.1:${await freePortBase()}`,
    DAYBREAK_OUTPUT_TOKEN: 'a-secret-of-this-test',
  };
  await mkdir(pipeline.input, { recursive: true });
  await writeHours(date, 24);
  worker = await background('worker --role batch', environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

async function writeHours(day: BusinessDate, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    const two = String(hour).padStart(2, '0');
    const record = { hello: 'hi', id: hour, time: `${day} ${two}:30:00` };
    const file = `names.${day.replaceAll('-', '')}.${two}.json`;
    await writeFile(join(pipeline.input, file), `${JSON.stringify(record)}\n`);
  }
}

it('loads the day beside realtime, from the worker’s own server, without a seal and with the same proof', async () => {
  const on = `--pipeline ${pipeline.name} --date ${date}`;
  const result = JSON.parse(await succeed(`batch run ${on} --json`, environment)) as DailyBatchResult;
  expect(result).toMatchObject({ verdict: 'replaced', datasource: `${pipeline.topic}_batch`, segments: 1 });
  expect(result.sealedUntil).toBeUndefined();
  expect(await druid.supervisors.find(pipeline.topic)).toBeUndefined();
  expect(await servedRows(`${pipeline.topic}_batch`, date)).toHaveLength(24);
  expect(await servedRows(pipeline.topic, date)).toEqual([]);
  expect(await daybreak(`batch verify ${on}`, environment)).toMatchObject({ code: 0 });
  const stored = await fetch(`${config.druid.coordinatorUrl}/druid/indexer/v1/task/${result.taskId}`);
  expect(await stored.text()).toContain('"type":"http"');
});

it('loads a day by several tasks at once into a datasource of another name, with the same proof', async () => {
  const file = join(pipeline.folder, 'pipeline.yaml');
  const yaml = await readFile(file, 'utf8');
  const datasource = `${pipeline.topic}_own`;
  const settings = `parallelSubtasks: 2\n$1batchDatasource: ${datasource}`;
  await writeFile(file, yaml.replace(/^( +)replace: separate$/m, `$&\n$1${settings}`));
  const next = shiftDate(date, 1);
  await writeHours(next, 4);
  const on = `--pipeline ${pipeline.name} --date ${next}`;
  const run = await succeed(`batch run ${on} --accept MISSING_HOURS --json`, environment);
  const { verdict, datasource: loaded, segments } = JSON.parse(run) as DailyBatchResult;
  expect({ verdict, loaded }).toEqual({ verdict: 'replaced', loaded: datasource });
  expect(segments).toBeGreaterThan(1);
  expect(await servedRows(datasource, next)).toHaveLength(4);
  expect(await daybreak(`batch verify ${on}`, environment)).toMatchObject({ code: 0 });
});
