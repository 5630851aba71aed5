import { appendFile, cp, mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { scratchFolder } from '../../engines/scratch';
import { succeed } from '../support/daybreak';
import { jupyterProgram, runNotebook } from './run-notebook';

const DAYS = ['2026-11-19', '2026-11-20', '2026-11-21'] as const;
const LAST = DAYS[2];
const NAMES = ['Ada', 'Barbara', 'Grace', 'Edsger', 'Katherine', 'Donald', 'Margaret', 'Alan', 'Radia', 'Leslie'];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
/** In the first hour of each day. */
const BAD = [
  '{"hello":"x","id":"no-1","time":"2026"}',
  '{"hello":"x","id":"no-2","time":"2026"}',
  '{"hello":"x","id":3}',
];

const root = scratchFolder();
const data = join(root, 'data');
const pipelines = join(root, 'pipelines');
const environment = { DAYBREAK_DATA: data, DAYBREAK_PIPELINES: pipelines };
const output = join(data, 'events/output');

/** Rows of an hour: more in later hours. At 13:00 of the last day there are three times as many as on the others. */
function rowsOf(day: string, hour: string): number {
  return (10 + Number(hour)) * (day === LAST && hour === '13' ? 3 : 1);
}
const rowsOfDay = (day: string): number => HOURS.reduce((sum, hour) => sum + rowsOf(day, hour), 0);

/** Writes an hour with one duplicate. */
async function writeHour(day: string, hour: string): Promise<void> {
  const lines = Array.from({ length: rowsOf(day, hour) }, (_, id) => {
    const time = `${day} ${hour}:${String(id % 60).padStart(2, '0')}:00`;
    return JSON.stringify({ hello: 'hi', id, time });
  });
  const bad = hour === '00' ? BAD : [];
  const file = join(data, 'events/input', `names.${day.replaceAll('-', '')}.${hour}.json`);
  await writeFile(file, [...lines, ...lines.slice(0, 1), ...bad, ''].join('\n'));
}

async function build(day: string): Promise<void> {
  await succeed(
    `batch build ${join(pipelines, 'events')} --date ${day} --input ${data}/events/input --output ${output}`,
    {},
  );
}

// Fetches Spark and JupyterLab the first time.
beforeAll(jupyterProgram, 1_200_000);
beforeAll(async () => {
  await mkdir(join(data, 'events/input'), { recursive: true });
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  for (const day of DAYS) {
    for (const hour of HOURS) await writeHour(day, hour);
    if (day === LAST) {
      const table = join(pipelines, 'events/names.ndjson');
      await writeFile(table, (await readFile(table, 'utf8')).replace('Edsger', 'Wybe'));
    }
    await build(day);
  }
});

/** The columns of the rows of a table that pandas printed. */
function rowsIn(text: string, row: RegExp): string[][] {
  return [...text.matchAll(row)].map(([, ...columns]) => columns);
}

describe('a day with DuckDB', () => {
  it('counts the latest day by hour, its bad records by reason, and says that Druid is away', async () => {
    const druid = {
      DRUID_BROKER_URL: 'http://127.0.0.1:9',
      DRUID_USERNAME: 'reader',
      DRUID_PASSWORD: 'not-to-be-shown',
    };
    const { text, error } = await runNotebook('a-day-with-duckdb', { ...environment, ...druid });
    expect(error).toBeNull();
    const total = rowsOfDay(LAST);
    expect(text).toContain(`events on ${LAST} in Asia/Seoul`);
    expect(text).toContain(`read ${total + HOURS.length + BAD.length}, written ${total}, duplicates 24, bad 3`);
    expect(rowsIn(text, /^\d+ +(\d\d) +(\d+)$/gm)).toEqual(HOURS.map((hour) => [hour, String(rowsOf(LAST, hour))]));
    expect(text).toMatch(
      /^0 +id is …, not an integer of 64 bits +2 +names\.20261121\.00\.json +\{"hello":"x","id":"no-1"/m,
    );
    expect(text).toMatch(/^1 +time is missing +1 /m);
    expect(text).toMatch(/Druid is away: 127\.0\.0\.1:9 does not answer .*\nThe cells above do not need Druid\./);
    expect(text).not.toContain('not-to-be-shown');
  });

  it('asks Druid for the number of events where it rolls up, and not of its rows', async () => {
    const rolled = join(root, 'rolled');
    await cp(join(pipelines, 'events'), join(rolled, 'events'), { recursive: true });
    const settings = join(rolled, 'events/pipeline.yaml');
    const yaml = await readFile(settings, 'utf8');
    await writeFile(settings, yaml.replace(/^( +)datasource: .*$/m, '$&\n$1rollup: { granularity: HOUR }'));
    const asked: string[] = [];
    const druid = createServer((request, response) => {
      void text(request).then((body) => {
        asked.push(body);
        response.end('[]');
      });
    });
    await once(druid.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = druid.address() as AddressInfo;
      const address = { DAYBREAK_PIPELINES: rolled, DRUID_BROKER_URL: `http://127.0.0.1:${port}` };
      const { error } = await runNotebook('a-day-with-duckdb', { ...environment, ...address });
      expect(error).toBeNull();
      expect(asked).toEqual([expect.stringContaining('SUM(\\"count\\") AS events')]);
    } finally {
      druid.close();
    }
  });

  it('names the days that are there if one is not', async () => {
    expect(await runNotebook('a-day-with-duckdb', environment, { date: '2026-11-22' })).toMatchObject({
      error: `PublishedError: ${output} has no day 2026-11-22. The latest published days are: ${DAYS.join(', ')}`,
    });
  });

  it('reads a copy of an output in S3, and says where it differs from what was published', async () => {
    const copy = join(root, 'copy');
    const [folder = ''] = /\.versions\/.*/.exec(await readlink(join(output, LAST))) ?? [];
    await cp(join(output, folder), join(copy, folder), { recursive: true });
    await mkdir(join(copy, LAST));
    await writeFile(join(copy, LAST, '_current.json'), JSON.stringify({ date: LAST, folder }));
    await appendFile(join(copy, folder, '07.ndjson'), '{"time":"2026-11-21 07:00:00","user_id":1}\n');
    const { error } = await runNotebook('a-day-with-duckdb', environment, { output: copy });
    expect(error).toContain(
      `${join(copy, folder)} is not as it was published: hour 07 has 18 rows, and the manifest says 17.`,
    );
  });
});

describe('many days with Spark', () => {
  it('counts days by hour, finds the odd hour and the name that changed, with the Spark of the engine', async () => {
    const { text, error } = await runNotebook('many-days-with-spark', { ...environment, SPARK_LOCAL_IP: '127.0.0.1' });
    expect(error).toBeNull();
    const total = DAYS.reduce((sum, day) => sum + rowsOfDay(day), 0);
    expect(text).toContain(`3 days, ${DAYS[0]} to ${LAST}, ${total.toLocaleString('en-US')} rows`);
    const [, version = ''] =
      /pyspark==(\S+)/.exec(await readFile('scripts/stack/fetch/spark/requirements.txt', 'utf8')) ?? [];
    expect(text).toContain(`Spark ${version} on local[*]`);
    expect(rowsIn(text, /^(\d\d) +(\d+) +(\d+) +(\d+)$/gm)).toEqual(
      HOURS.map((hour) => [hour, ...DAYS.map((day) => String(rowsOf(day, hour)))]),
    );
    expect(text).toContain('1 hours have over 50% more or fewer rows than usual');
    expect(rowsIn(text, /^\d+ +(2026-11-\d\d) +(\d\d) +(\d+) +([\d.]+)$/gm)).toEqual([[LAST, '13', '69', '23.0']]);
    expect(text).toContain('1 changes of user_name by uid');
    expect(rowsIn(text, /^0 +(\d) +(2026-11-\d\d) +(\w+) +(\w+)$/gm)).toEqual([['3', LAST, 'Edsger', 'Wybe']]);
  });

  it('asks for a second day if there is one', async () => {
    const { error } = await runNotebook('many-days-with-spark', environment, { dates: [LAST] });
    expect(error).toBe(
      `PublishedError: ${output} has one published day, ${LAST}. This notebook compares days: build a second one.`,
    );
  });
});

it('builds a day with another transform, and shows the rows that differ', async () => {
  const { text, error } = await runNotebook('try-a-transform', environment);
  expect(error).toBeNull();
  const rows = rowsOfDay(LAST);
  expect(text).toContain(`published: ${rows} rows, with the other transform: ${rows}`);
  expect(text).toContain(`${rows} rows are gone, and ${rows} are new`);
  const names = NAMES.map((name) => name.replace('Edsger', 'Wybe'));
  const shown = rowsIn(text, /^\d +2026-11-21 00:0\d:00 +\d+ +(\w+) +hi +\d$/gm).flat();
  expect(shown).toEqual([...names, ...names.map((name) => name.toUpperCase())]);
});
