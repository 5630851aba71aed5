// node --import tsx bench/day/large.ts [rows, default 20000000]: the time from trigger to proof of a day of many rows that
// realtime does not have, a line a step, beside Druid's own load of the same rows by the same task, until Druid serves
// them. Real servers (see withServers). Ends with 0 only if every goal is met. Linux only.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namedOutputPlace, requireCurrent } from '../../activities/batch/built-day';
import { sharedPath, sourceOf } from '../../activities/batch/input-source';
import { createDruidClient, type DruidClient } from '../../clients/druid';
import { scratchRoot } from '../../clients/storage/local/scratch-folder';
import { parseBusinessDate } from '../../domain/business-date';
import { dayPlan, type DayPlan } from '../../domain/daily-batch';
import { daySizeOf, reindexSpec, subtasksFor } from '../../domain/druid/reindex-spec';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { withOutput } from '../../engines/versions/open-output';
import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import type { Config } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { largeDay } from '../batch/generate';
import { withServers } from '../servers';
import { processUse } from '../speed/process-use';
import { stepSeconds } from './step-seconds';

/** That of `largeDay`. */
const DATE = parseBusinessDate('2026-11-21');
/** Rare, since a poll takes the servers' processors. */
const POLL_MILLISECONDS = 500;
const SERVED_WITHIN_MILLISECONDS = 300_000;

async function main(rows: number): Promise<void> {
  const input = await largeDay(join(cacheFolder(), 'bench-batch'), rows);
  const change = (yaml: string): string =>
    yaml
      .replace(/^( +)(pattern: .*)$/m, `$1$2\n$1location: ${input}`)
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0');
  await withServers(
    change,
    () => Promise.resolve(),
    async ({ config, session, pipeline: { name, output }, logs }) => {
      // Not measured, so that neither of the compared loads is the first one of Druid's processes.
      await session.run(`batch build --pipeline ${name} --date ${DATE} --input ${input} --output ${output}`);
      await ownLoad(config, name, 'before');
      await rm(output, { recursive: true });
      const worker = await session.background('worker --role batch', join(logs, 'worker.log'), '"msg":"ready"');
      const ended = new AbortController();
      let scratch = 0;
      const watching = (async () => {
        while (!ended.signal.aborted) {
          scratch = Math.max(scratch, await sizeOf(scratchRoot(config.data, name)));
          await sleep(POLL_MILLISECONDS);
        }
      })();
      const began = performance.now();
      await session.run(`batch run --pipeline ${name} --date ${DATE}`).finally(() => {
        ended.abort();
      });
      const whole = (performance.now() - began) / 1_000;
      await watching;
      const { peakMebibytes: memory } = await processUse(worker === undefined ? [] : [worker]);
      const steps = await withClient(config, (client) => stepSeconds(client, name, DATE));
      report(rows, { whole, steps, load: await ownLoad(config, name, 'after'), scratch, memory });
    },
  );
}

/** The seconds in which Druid loads the published rows into another datasource, until it serves them. */
async function ownLoad(config: Config, name: string, when: 'before' | 'after'): Promise<number> {
  const druid = createDruidClient(config.druid);
  const { pipeline, outputColumns } = await loadPipelineNamed(config.pipelines, name);
  const planned = dayPlan(pipeline, DATE);
  const plan = { ...planned, datasource: `${planned.datasource}_${when}` };
  const id = `bench_${plan.datasource}`;
  const place = await namedOutputPlace(config.pipelines, config.data, name);
  const rows = await withOutput(place, DATE, async (output) => {
    const built = await requireCurrent(output, name);
    const size = daySizeOf(built.manifest.hours);
    const subtasks = subtasksFor(pipeline, size.rows, await druid.tasks.slots());
    const source = await sourceOf(output, built, pipeline, sharedPath);
    await druid.tasks.submit(reindexSpec(pipeline, outputColumns, { id, plan, source, size, subtasks }));
    return size.rows;
  });
  const began = performance.now();
  let loadedAt: number | undefined;
  for (;;) {
    const status = await druid.tasks.status(id);
    if (status?.status === 'SUCCESS') {
      const served = await servedRows(druid, plan);
      const now = performance.now();
      if (served === rows) return (now - began) / 1_000;
      loadedAt ??= now;
      if (now - loadedAt > SERVED_WITHIN_MILLISECONDS)
        throw new Error(`Druid serves ${served} of the ${rows} rows that its own load has loaded`);
    }
    if (status?.status === 'FAILED') throw new Error(`Druid's own load failed: ${status.errorMsg ?? ''}`);
    await sleep(POLL_MILLISECONDS);
  }
}

async function servedRows(druid: DruidClient, { datasource, interval }: DayPlan): Promise<number> {
  const segments = await druid.queries.segments(datasource, interval);
  return segments.reduce((total, { available, rows }) => total + (available ? rows : 0), 0);
}

interface Measures {
  readonly whole: number;
  readonly steps: Awaited<ReturnType<typeof stepSeconds>>;
  readonly load: number;
  /** Bytes. */
  readonly scratch: number;
  /** Mebibytes. */
  readonly memory: number;
}

function report(rows: number, { whole, steps, load, scratch, memory }: Measures): void {
  const line = (name: string, seconds: number): string[] => [name, seconds.toFixed(1), (seconds / load).toFixed(3)];
  print(
    table([
      [`${rows.toLocaleString('en-US')} rows`, 'seconds', "of Druid's load"],
      ...[...steps].map(([step, seconds]) => line(step, seconds)),
      line('trigger to proof', whole),
      line("Druid's own load", load),
    ]),
  );
  const compared = (steps.get('gate') ?? 0) + (steps.get('prove') ?? 0);
  const goals = [
    ["trigger to proof ÷ Druid's load", whole / load, 1.25],
    ["gate and proof ÷ Druid's load", compared / load, 0.08],
    ['peak MiB of the worker', memory, 512],
    ['peak MiB of scratch', scratch / 1024 ** 2, 300],
  ] as const;
  print(
    table([
      ['goal', 'measured', 'at most'],
      ...goals.map(([goal, value, atMost]) => [goal, value.toFixed(3), String(atMost)]),
    ]),
  );
  process.exitCode = goals.every(([, value, atMost]) => value <= atMost) ? 0 : 1;
}

/** Bytes of the files below a folder; those that vanish meanwhile are none. */
async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((total, size) => total + size, 0);
}

const [rows = 20_000_000] = process.argv.slice(2).map(Number);
void main(rows);
