import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { readConfig } from '../../../worker/config';
import { jupyterProgram, runNotebook } from '../notebooks/run-notebook';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';

useStack();
const date = parseBusinessDate('2026-03-14');
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

// Fetches JupyterLab the first time.
beforeAll(jupyterProgram, 1_200_000);
// With rollup Druid has one row for all events of an hour that are equal.
beforeAll(async () => {
  pipeline = await ownPipeline((yaml) =>
    yaml
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0')
      .replace(/^matchColumn: .*$/m, '')
      .replace(
        /^( +)(datasource: .*)$/m,
        '$1$2\n$1rollup: { queryGranularity: HOUR, dimensions: [hello], metrics: [{ name: events, type: count }] }',
      ),
  );
  await mkdir(pipeline.input, { recursive: true });
  for (const hour of HOURS) await writeFile(fileOf(hour), Array.from({ length: eventsOf(hour) }, line(hour)).join(''));
  worker = await background('worker --role batch', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const eventsOf = (hour: string): number => 2 + Number(hour);
const fileOf = (hour: string): string => join(pipeline.input, `names.20260314.${hour}.json`);
const line = (hour: string) => (_: unknown, id: number) =>
  `${JSON.stringify({ hello: 'hi', id, time: `${date} ${hour}:00:00` })}\n`;

const notebook = (): ReturnType<typeof runNotebook> =>
  runNotebook('a-day-with-duckdb', {
    ...pipeline.environment,
    DAYBREAK_PIPELINE: pipeline.name,
    DRUID_BROKER_URL: readConfig().druid.brokerUrl,
  });
const compared = (text: string): string[][] =>
  [...text.matchAll(/^(\d\d) +(\d+) +(\d+) +(-?\d+)$/gm)].map(([, ...columns]) => columns);

it('a notebook finds the events of a replaced day in Druid, and those that Druid lacks', async () => {
  await succeed(`batch run --pipeline ${pipeline.name} --date ${date}`, pipeline.environment);
  const total = HOURS.reduce((sum, hour) => sum + eventsOf(hour), 0);
  const same = await notebook();
  expect(same.error).toBeNull();
  expect(compared(same.text)).toEqual(HOURS.map((hour) => [hour, `${eventsOf(hour)}`, `${eventsOf(hour)}`, '0']));
  expect(same.text).toContain(`Druid serves the ${total} rows of the day.`);

  // A build alone publishes the day, and Druid still serves the day before it.
  await appendFile(fileOf('07'), line('07')(undefined, 100));
  const { folder, input, output } = pipeline;
  await succeed(`batch build ${folder} --date ${date} --input ${input} --output ${output}`, pipeline.environment);
  const { text } = await notebook();
  expect(compared(text)[7]).toEqual(['07', '10', '9', '-1']);
  expect(text).toContain(`Druid serves ${total} events, and the day has ${total + 1} rows.`);
  expect(text).toContain(`npx daybreak batch run --pipeline ${pipeline.name} --date ${date}`);
});
