// node --import tsx bench/soak/index.ts [minutes, default 120] [events a second, default 5000]: both layers run without a fault, on
// real servers (see withServers). Druid’s tasks hand off every five minutes, as if these were hours, and a backfill of days
// that get late data follows the other. Prints what was measured, and keeps it in .daybreak/soak, with plots.
// Ends with 0 only if each event arrived once, every backfill succeeded, and nothing grows. Linux only.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import * as z from 'zod';
import { createDruidClient } from '../../clients/druid';
import { countTopic, KafkaTopics } from '../../clients/kafka';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { messageOf } from '../../domain/errors';
import { sqlName } from '../../domain/druid/quoting';
import { speedLayerId } from '../../domain/speed-layer';
import { speedGroupOf } from '../../domain/speed-shard';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { daybreak, succeed } from '../../tests/integration/support/daybreak';
import { until } from '../../tests/integration/support/until';
import { withClient } from '../../worker/connect';
import { commit } from '../commit';
import { withServers, type Servers } from '../servers';
import { isBad, Load, ZONE } from '../torture/load';
import { askDruid } from '../torture/watch';
import { WorkerProcess } from '../torture/worker-process';
import { JUDGED_MINUTES, MEASURES, trends, type Sample } from './measures';
import { plots } from './plots';
import { asLines, runFiles, trendRows } from './report';

/** Twenty-four of them in two hours, as a day has hours. */
const CUT_SECONDS = 300;
const OLD_DAYS = 6;
/** How many samples a run takes, at most one a second. */
const SAMPLES = 120;

const changed = (yaml: string): string =>
  yaml
    .replace(/settleSeconds: \d+/, 'settleSeconds: 1')
    .replace(/^( +)datasource: .*$/m, `$&\n$1taskDurationSeconds: ${CUT_SECONDS}`);

async function main(minutes: number, rate: number): Promise<void> {
  const nothing = (): Promise<void> => Promise.resolve();
  await withServers(changed, nothing, async (servers) => {
    await withClient(servers.config, (client) => soak(servers, client, minutes, rate));
  });
}

async function soak(servers: Servers, client: Client, minutes: number, rate: number): Promise<void> {
  const { config, session, pipeline, logs } = servers;
  const { environment } = session;
  const worker = new WorkerProcess(resolve(__dirname, '../../scripts/daybreak.mjs'), environment, logs);
  worker.start();
  await worker.untilReady();
  await succeed(`speed start --pipeline ${pipeline.name}`, environment);
  const load = await Load.connect(pipeline, config.kafka.brokers, logs, rate);
  const topics = await KafkaTopics.connect(config.kafka);
  const problems: string[] = [];
  try {
    const samples: Sample[] = [];
    const ending = new AbortController();
    const backfills = new Backfills(load, environment);
    load.start();
    const backfilling = backfills.run(ending.signal);
    const pause = Math.max(1_000, (minutes * 60_000) / SAMPLES);
    const at = new Date().toISOString();
    const began = performance.now();
    const look = async (): Promise<void> => {
      const found = {
        minute: (performance.now() - began) / 60_000,
        ...(await measured(servers, client, topics, worker)),
        ...backfills.last,
      };
      samples.push(found);
      progress(
        `${found.minute.toFixed(1)} of ${minutes} minutes: ${load.sent} events sent, ${found.lag ?? '?'} not read, ` +
          `worker ${found.memory ?? '?'} MiB, ${backfills.seconds.length} backfills`,
      );
    };
    while (performance.now() - began < minutes * 60_000) {
      session.signal.throwIfAborted();
      await Promise.all([look(), sleep(pause)]);
    }
    ending.abort();
    await load.stop();
    await backfilling;
    problems.push(...backfills.problems, ...worker.takeExits().map(({ code }) => `the worker ended with ${code}`));
    problems.push(...(await arrivals(servers, topics, load)));

    const found = trends(samples);
    print(table(trendRows(found)));
    if (minutes < JUDGED_MINUTES) progress(`A run of less than ${JUDGED_MINUTES} minutes does not tell what grows.`);
    else
      problems.push(...found.flatMap(({ measure, grows }) => (grows === true ? [`${MEASURES[measure]}: grows`] : [])));
    const events = load.streamed[1] - load.streamed[0];
    const run = {
      at,
      commit: await commit(),
      minutes,
      rate,
      events,
      days: backfills.seconds.length * OLD_DAYS,
      problems,
    };
    print(`${events} events, ${run.days} days recomputed and proven`);
    const files = runFiles(minutes);
    await mkdir(dirname(files.run), { recursive: true });
    await writeFile(files.run, asLines(run, samples));
    await writeFile(files.plots, plots(samples));
    print(`its plots: ${files.plots}`);
  } finally {
    await load.close();
    await topics.close();
    await worker.stop();
  }
  for (const problem of problems) print(`PROBLEM ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** Old days get late data and are recomputed, all of them, again and again. */
class Backfills {
  readonly problems: string[] = [];
  /** Of each that succeeded. */
  readonly seconds: number[] = [];
  readonly #load: Load;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(load: Load, environment: Readonly<Record<string, string>>) {
    this.#load = load;
    this.#environment = environment;
  }

  get last(): { readonly backfill?: number } {
    const last = this.seconds.at(-1);
    return last === undefined ? {} : { backfill: last };
  }

  /** Until the signal, and at least one. */
  async run(signal: AbortSignal): Promise<void> {
    const today = businessDateOf(new Date(), ZONE);
    const dates = Array.from({ length: OLD_DAYS }, (_, index) => shiftDate(today, index - OLD_DAYS - 1));
    for (const date of dates) await this.#load.writeDay(date, 1, 'files');
    for (let generation = 2; generation === 2 || !signal.aborted; generation += 1) {
      const began = performance.now();
      const { code, stderr } = await daybreak(this.#command(dates), this.#environment);
      if (code === 0) this.seconds.push((performance.now() - began) / 1_000);
      else this.problems.push(`a backfill ended with ${code}: ${stderr.slice(-600)}`);
      for (const date of dates) await this.#load.writeLate(date, generation);
    }
  }

  #command(dates: readonly BusinessDate[]): string {
    const [from = '', to = ''] = [dates[0], dates.at(-1)];
    return `backfill --pipeline ${this.#load.pipeline.name} --from ${from} --to ${to} --only changed`;
  }
}

const segmentsSchema = z.tuple([z.tuple([z.number()])]);

/** Without what gave no answer. */
async function measured(
  { config, pipeline: { name, topic } }: Servers,
  client: Client,
  topics: KafkaTopics,
  worker: WorkerProcess,
): Promise<Partial<Sample>> {
  const druid = createDruidClient(config.druid);
  const start = shiftDate(businessDateOf(new Date(), ZONE), -1);
  const asked: readonly Promise<Partial<Sample>>[] = [
    worker.use().then(({ mebibytes, handles }) => ({ memory: mebibytes, handles })),
    lagOf(topics, name, topic).then((lag) => ({ lag })),
    druid.supervisors.status(topic).then((found) => ({ druidLag: found?.aggregateLag ?? 0 })),
    client.workflow
      .getHandle(speedLayerId(name))
      .describe()
      .then(({ historyLength, historySize = 0 }) => ({
        history: historyLength,
        historyKibibytes: Math.round(historySize / 1024),
      })),
    askDruid(
      config.druid.brokerUrl,
      `SELECT COUNT(*) FROM sys.segments WHERE datasource = '${topic}' AND is_active = 1 AND "start" >= '${start}'`,
    ).then((rows) => ({ segments: segmentsSchema.parse(rows)[0][0] })),
  ];
  const answers = await Promise.all(
    asked.map((answer) =>
      answer.catch((thrown: unknown) => {
        progress(messageOf(thrown));
        return {};
      }),
    ),
  );
  return Object.assign({}, ...answers) as Partial<Sample>;
}

async function lagOf(topics: KafkaTopics, name: string, topic: string): Promise<number> {
  const [ends, read] = await Promise.all([topics.offsetsOf(topic), topics.committedOffsets(speedGroupOf(name), topic)]);
  return ends.reduce((sum, { partition, low, high }) => sum + high - (read.get(partition) ?? low), 0);
}

const servedSchema = z.tuple([z.tuple([z.number(), z.number().nullable()])]);

/** What did not arrive once, as sentences. */
async function arrivals({ config, pipeline }: Servers, topics: KafkaTopics, load: Load): Promise<string[]> {
  const [first, end] = load.streamed;
  let [good, sum] = [0, 0];
  for (let id = first; id < end; id += 1) {
    if (isBad(id)) continue;
    good += 1;
    sum += id;
  }
  const query = `SELECT COUNT(*), SUM(user_id) FROM ${sqlName(pipeline.topic)} WHERE hello = 'live'`;
  const wanted = `${good} and ${sum}`;
  let served = 'no answer';
  const areServed = async (): Promise<boolean> => {
    const [row] = servedSchema.parse(await askDruid(config.druid.brokerUrl, query));
    served = row.join(' and ');
    return served === wanted;
  };
  // What is served in the end is compared below.
  await until('all rows in Druid', () => areServed().catch(() => false)).catch(() => undefined);
  const counted = async (topic: string): Promise<number> =>
    countTopic(config.kafka, topic, await topics.offsetsOf(topic));
  const found = {
    'the count and the sum of the ids in Druid': [served, wanted],
    'events in Kafka': [await counted(pipeline.topic), end - first],
    'rows in the output topic': [await counted(`${pipeline.topic}_out`), good],
    'dead letters': [await counted(`${pipeline.topic}_dlq`), end - first - good],
  };
  return Object.entries(found).flatMap(([what, [is, should]]) =>
    is === should ? [] : [`${what}: ${is} instead of ${should}`],
  );
}

const [minutes = 120, rate = 5_000] = process.argv.slice(2).map(Number);
void main(minutes, rate);
