import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { dayRuns } from '../../activities/operate/day-runs';
import { createDruidClient, type IngestionTotals } from '../../clients/druid';
import { DaybreakError } from '../../domain/errors';
import type { LoadedPipeline } from '../../engines/loaded-pipeline';
import { readConfig, type Config } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { print, printJson } from '../output/print';
import { table } from '../output/table';
import { remedyOf } from '../remedies';
import { requirePipeline } from '../run-day';
import { serverStatus, type ServerStatus } from '../server-status';
import { describeSpeed, speedView, type SpeedView } from '../speed-status';
import { portBaseOption } from '../stack/port-base';
import { waitingDays, type WaitingDay } from '../waiting-days';

interface Options {
  readonly pipeline: string;
  readonly portBase?: number;
  readonly json: boolean;
  readonly watch: boolean;
}

interface DayRun {
  readonly date: string;
  readonly outcome: string;
  readonly started: string;
  /** What to do, where the run did not end well. */
  readonly remedy?: string;
}

interface Status {
  readonly servers: readonly ServerStatus[];
  /** What Druid's running realtime tasks did with their rows; undefined where Druid does not tell. */
  readonly ingestion: IngestionTotals | undefined;
  /** Undefined where it does not run or Temporal is away. */
  readonly speed: SpeedView | undefined;
  /** The latest run of each of the last days, latest first. */
  readonly days: readonly DayRun[];
  /** Finished days whose files are not what their build had, as far as this machine's data folder tells. */
  readonly waiting: readonly WaitingDay[];
}

const DAYS_SHOWN = 7;

export function statusCommand(): Command {
  return new Command('status')
    .description('servers, realtime and the last recomputed days on one screen; exits with 1 where a server is down')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(portBaseOption())
    .option('--watch', 'again every two seconds', false)
    .option('--json', 'print JSON', false)
    .action(async ({ pipeline, portBase, json, watch }: Options) => {
      const config = readConfig({
        ...process.env,
        ...(portBase !== undefined && { DAYBREAK_PORT_BASE: String(portBase) }),
      });
      const loaded = await requirePipeline(config, pipeline);
      do {
        const status = await look(config, { pipeline, loaded }, portBase);
        if (json) printJson(status);
        else describe(pipeline, status).forEach(print);
        process.exitCode = status.servers.every(({ up }) => up) ? 0 : 1;
        if (watch) await sleep(2_000);
      } while (watch);
    });
}

async function look(
  config: Config,
  { pipeline, loaded }: { readonly pipeline: string; readonly loaded: LoadedPipeline | undefined },
  portBase: number | undefined,
): Promise<Status> {
  const servers = await serverStatus(config, portBase);
  const ingestion = loaded && (await ingestionTotals(config, loaded.pipeline.druid.datasource));
  const waiting = loaded === undefined ? [] : await waitingDays(loaded, config.data, DAYS_SHOWN);
  try {
    return await withClient(config, async (client) => ({
      servers,
      ingestion,
      waiting,
      speed: await speedView(client, pipeline).catch(ignoreNotRunning),
      days: await lastDays(client, pipeline),
    }));
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'TEMPORAL_UNREACHABLE')
      return { servers, ingestion, speed: undefined, days: [], waiting };
    throw thrown;
  }
}

function ignoreNotRunning(thrown: unknown): undefined {
  if (thrown instanceof DaybreakError && thrown.code === 'NOT_RUNNING') return undefined;
  throw thrown;
}

async function ingestionTotals(config: Config, datasource: string): Promise<IngestionTotals | undefined> {
  try {
    return await createDruidClient(config.druid).supervisors.totals(datasource);
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'DRUID_UNREACHABLE') return undefined;
    throw thrown;
  }
}

async function lastDays(client: Client, pipeline: string): Promise<DayRun[]> {
  const days = new Map<string, DayRun>();
  for await (const { date, outcome, startedAt } of dayRuns(client, pipeline)) {
    if (days.has(date)) continue;
    if (days.size === DAYS_SHOWN) break;
    const remedy = remedyOf(outcome);
    days.set(date, { date, outcome, started: startedAt, ...(remedy !== undefined && { remedy }) });
  }
  return [...days.values()];
}

function describe(pipeline: string, { servers, ingestion, speed, days, waiting }: Status): string[] {
  const down = servers.some(({ up }) => !up);
  return [
    table([
      ['server', 'state', 'address'],
      ...servers.map(({ title, url, up, detail }) => [title, up ? 'up' : detail, url]),
    ]),
    ...(down ? ['→ Start what is down: npx daybreak up'] : []),
    ...(speed === undefined
      ? [`speed layer of ${pipeline}: not running`, `→ Start it: npx daybreak speed start --pipeline ${pipeline}`]
      : describeSpeed(speed)),
    ...(ingestion === undefined ? [] : [describeIngestion(ingestion)]),
    ...(days.length === 0
      ? ['no day was recomputed yet']
      : [
          table([['day', 'outcome', 'started'], ...days.map(({ date, outcome, started }) => [date, outcome, started])]),
          ...days.flatMap(({ date, remedy }) => (remedy === undefined ? [] : [`→ ${date}: ${remedy}`])),
        ]),
    ...waiting.flatMap(({ date, why, remedy }) => [`${date} waits for a recompute: ${why}`, `→ ${remedy}`]),
  ];
}

function describeIngestion({ processed, thrownAway, unparseable }: IngestionTotals): string {
  const late = thrownAway === 0 ? '' : '; those are in the hourly files, and the next recompute of their days has them';
  return `Druid's running tasks took ${processed} rows, dropped ${thrownAway} that came after the seal${late}; ${unparseable} unreadable`;
}
