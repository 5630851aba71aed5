import axios from 'axios';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { expressions, metricsOf } from '../../deploy/monitoring';
import { awaitInRealtime, fedDay, ZONE } from '../batch/day-rows';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

const { ports } = useStack();
const EVENTS = 4_000;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const sent = fedDay(date, EVENTS, 3);
const lineSchema = z.looseObject({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  time: z.number(),
  msg: z.string(),
  sdkComponent: z.string().optional(),
  pipeline: z.string().optional(),
  date: z.string().optional(),
  run: z.string().optional(),
});

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let atStart: string;
const lines: string[] = [];
const on = (command: string): string => `${command} --pipeline ${pipeline.name}`;

/** Both layers at work: events, dead letters, a day that is replaced, and one that is refused. */
beforeAll(async () => {
  pipeline = await ownPipeline(
    (yaml) =>
      // Every row is wrong, and the day may have them.
      `${yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0')}\nchecks: [{ name: any, where: user_id IS NOT NULL, atMost: 100% }]\n`,
  );
  const { environment } = pipeline;
  worker = await background('worker', environment, '"msg":"ready"');
  atStart = (await exported()).series;
  createInterface({ input: worker.child.stdout! }).on('line', (line) => lines.push(line));
  await succeed(on('speed start'), environment);
  await succeed(on(`feed --date ${date} --events ${EVENTS} --seed 3`), environment);
  await awaitInRealtime(pipeline.topic, date, sent);
  await succeed(on(`batch run --date ${date}`), environment);
  expect((await daybreak(on('batch run --date 2020-01-01'), environment)).code).toBe(1);
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

/** What the worker exports to Prometheus: names, and each series as text. */
async function exported(): Promise<{ names: Set<string>; series: string }> {
  const { data } = await axios.get<string>(`http://127.0.0.1:${ports.worker}/metrics`);
  const series = data.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { names: new Set(series.map((line) => /^\w+/.exec(line)?.[0] ?? '')), series: series.join('\n') };
}

it('exports the metrics that are documented, and of its own no others', async () => {
  const { names, series } = await exported();
  const documented = [...readFileSync('docs/operating.md', 'utf8').matchAll(/^\| `(daybreak_\w+)`/gm)].map(
    ([, name]) => name,
  );
  expect([...names].filter((name) => name.startsWith('daybreak_')).sort()).toEqual(documented.sort());
  expect(atStart).toMatch(new RegExp(`^daybreak_days_replaced{.*pipeline="${pipeline.name}".*} 0$`, 'm'));
  expect(series).toMatch(new RegExp(`^daybreak_days_replaced{.*pipeline="${pipeline.name}".*} 1$`, 'm'));
  expect(series).toMatch(new RegExp(`^daybreak_day_rows{.*pipeline="${pipeline.name}".*} ${EVENTS}$`, 'm'));
  const bad = sent.filter(({ kind, toKafka }) => kind === 'bad' && toKafka).length;
  const letters = [...series.matchAll(/^daybreak_speed_dead_letters{.*} (\d+)$/gm)].map(([, count]) => Number(count));
  expect(letters.reduce((sum, count) => sum + count, 0)).toBe(bad);
  const good = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
  const wrong = [...series.matchAll(/^daybreak_speed_wrong_rows{.*check="any".*} (\d+)$/gm)].map(([, of]) =>
    Number(of),
  );
  expect(wrong.reduce((sum, count) => sum + count, 0)).toBe(good);
  expect(series).toMatch(/^daybreak_activity_failures{.*activity="awaitSettledInput",code="NO_INPUT".*} 1$/m);
});

it('exports every metric that the dashboard and the alerts ask for', async () => {
  const { names } = await exported();
  const OF_PROMETHEUS = ['up'];
  const asked = new Set(expressions.flatMap(metricsOf).filter((name) => !OF_PROMETHEUS.includes(name)));
  expect([...asked].filter((name) => !names.has(name))).toEqual([]);
});

it('logs JSON whose lines of workflows and of activities name pipeline, date and run', async () => {
  // The SDK holds lines back for a moment to order them.
  const isOfFailedDay = (line: string): boolean => /"date":"2020-01-01".*"Activity failed"/.test(line);
  await until('the failed day in the log', () => lines.some(isOfFailedDay));
  const parsed = lines.map((line) => lineSchema.parse(JSON.parse(line)));
  const ofDay = parsed.filter(({ date: day, pipeline: name }) => day === date && name === pipeline.name);
  expect(ofDay.filter(({ sdkComponent }) => sdkComponent === 'workflow').map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['comparing the batch with what realtime serves', 'the day is over']),
  );
  const failed = lines.filter(isOfFailedDay).map((line) => lineSchema.parse(JSON.parse(line)));
  for (const { run, pipeline: name } of [...ofDay, ...failed]) expect([name, run?.length]).toEqual([pipeline.name, 36]);
});

it('is healthy while it serves, and a second one on its ports works without metrics and health', async () => {
  const health = () => axios.get<unknown>(`http://127.0.0.1:${ports.worker + 1}/health`);
  expect((await health()).data).toMatchObject({ status: 'ready', layers: ['speed', 'batch'] });
  const second = await background('worker --role batch', pipeline.environment, '"msg":"ready"');
  expect(await second.stop()).toBe(0);
  expect((await health()).status).toBe(200);
});

it('keeps the bundle of its workflows with that of the sources, for the next start', () => {
  const files = readdirSync('node_modules/.cache/daybreak');
  const [sources] = files.flatMap((file) => /^[0-9a-f]{16}(?=-main\.cjs$)/.exec(file) ?? []);
  expect(files.filter((file) => file.endsWith('-workflows.bundle.js'))).toEqual([`${sources}-workflows.bundle.js`]);
});
