// node --import tsx bench/backfill/index.ts [days, default 400] [at once, default 4]: a backfill of small days on real
// servers that it starts from DAYBREAK_PORT_BASE (default 26000) on; ends with 0 only if requested = completed, every
// day was replaced, and Druid serves each day's rows.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../clients/druid';
import type { BackfillResult } from '../../domain/backfill';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { followBackfill, startBackfill } from '../../scripts/backfill';
import { feedDay } from '../../scripts/feed/feed-day';
import { HourlyFileNames } from '../../scripts/feed/hourly-files';
import { print, progress } from '../../scripts/output/print';
import type { Config } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { onOwnStack } from '../own-stack';

const PIPELINE = 'events';
const ZONE = 'Asia/Seoul';
/** Two an hour: what is measured is the way of a day, not its rows. */
const EVENTS = 48;

async function main(days: number, parallel: number): Promise<void> {
  const last = shiftDate(businessDateOf(new Date(), ZONE), -1);
  const dates = Array.from({ length: days }, (_, index) => shiftDate(last, index + 1 - days));
  const prepare = async (config: Config): Promise<void> => {
    await copyPipeline(config);
    for (const date of dates) await feed(config, date);
    progress(`${days} days of ${EVENTS} events are written`);
  };
  await onOwnStack(prepare, async ({ root, config, session }) => {
    await session.background('worker --role batch', join(root, 'worker.log'), '"msg":"ready"');

    const began = performance.now();
    const result = await backfilled(config, dates, parallel);
    const seconds = (performance.now() - began) / 1_000;
    const served = await servedDays(config);
    const wrong = dates.filter((date) => served.get(date) !== EVENTS);

    print(`requested ${result.requested}, completed ${result.completed}, replaced ${result.replaced}`);
    print(`days that Druid serves otherwise than their ${EVENTS} rows: ${wrong.length}`);
    print(`${seconds.toFixed(0)} s, ${(seconds / days).toFixed(2)} s a day with ${parallel} at once`);
    const whole = result.requested === days && result.completed === days && result.replaced === days;
    process.exitCode = whole && wrong.length === 0 ? 0 : 1;
  });
}

async function copyPipeline({ pipelines }: Config): Promise<void> {
  const folder = join(pipelines, PIPELINE);
  await cp(join('pipelines', PIPELINE), folder, { recursive: true });
  const file = join(folder, 'pipeline.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
}

async function feed({ data }: Config, date: BusinessDate): Promise<void> {
  const shares = { seed: 1, duplicates: 0, late: 0, bad: 0, maximumDelay: 0, timeZone: ZONE };
  const files = { folder: join(data, PIPELINE, 'input'), names: new HourlyFileNames('names.%Y%m%d.%H*.json') };
  const day = { ...shares, date, events: EVENTS, rhythm: 'even', existing: 'refuse' } as const;
  await feedDay(day, undefined, files, () => undefined, new AbortController().signal);
}

async function backfilled(config: Config, dates: readonly BusinessDate[], parallel: number): Promise<BackfillResult> {
  const [from = '', to = ''] = [dates[0], dates.at(-1)];
  return withClient(config, async (client) => {
    const started = await startBackfill(client, { pipeline: PIPELINE, from, to, parallel, only: 'all' });
    let told = 0;
    return followBackfill(started, ({ completed, failed }) => {
      if (completed < told + 10) return;
      told = completed;
      progress(`${new Date().toISOString()} ${completed} days are done, ${failed.length} failed`);
    });
  });
}

async function servedDays({ druid }: Config): Promise<Map<string, number>> {
  const rows = await createDruidClient(druid).queries.sql(
    `SELECT TIME_FORMAT(TIME_FLOOR(__time, 'P1D', NULL, '${ZONE}'), 'yyyy-MM-dd', '${ZONE}') AS "day", COUNT(*) AS "rows"
     FROM "events_names" GROUP BY 1`,
    [],
    z.object({ day: z.string(), rows: z.number() }),
  );
  return new Map(rows.map(({ day, rows: count }) => [day, count]));
}

const [days = 400, parallel = 4] = process.argv.slice(2).map(Number);
void main(days, parallel);
