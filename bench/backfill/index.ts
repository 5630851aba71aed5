// node --import tsx bench/backfill/index.ts [days, default 400] [at once, default 4]: a backfill of small days on real
// servers (see withServers). Ends with 0 only if requested = completed, every day was replaced, and Druid serves each
// day's rows.
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../clients/druid';
import type { BackfillProgress, BackfillResult } from '../../domain/backfill';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { readSettings } from '../../engines/pipeline/read-pipeline';
import { followBackfill, startBackfill } from '../../scripts/operate/backfill';
import { feedDay } from '../../scripts/feed/feed-day';
import { folderSink } from '../../scripts/feed/files/folder-sink';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import type { OwnPipeline } from '../../tests/integration/support/own-pipeline';
import type { Config } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { withServers } from '../servers';

const ZONE = 'Asia/Seoul';
/** Two an hour: the bench measures the steps of a day, not its rows. */
const EVENTS = 48;

async function main(days: number, parallel: number): Promise<void> {
  const last = shiftDate(businessDateOf(new Date(), ZONE), -1);
  const dates = Array.from({ length: days }, (_, index) => shiftDate(last, index + 1 - days));
  const settled = (yaml: string): string => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0');
  const prepare = async ({ pipeline }: { readonly pipeline: OwnPipeline }): Promise<void> => {
    for (const date of dates) await feed(pipeline, date);
    progress(`${days} days of ${EVENTS} events are written`);
  };
  await withServers(settled, prepare, async ({ config, session, pipeline, logs }) => {
    await session.background('worker --role batch', join(logs, 'worker.log'), '"msg":"ready"');

    const began = performance.now();
    const result = await backfilled(config, pipeline.name, dates, parallel);
    const seconds = (performance.now() - began) / 1_000;
    const served = await servedDays(config, pipeline.topic);
    const wrong = dates.filter((date) => served.get(date) !== EVENTS);

    print(
      table([
        ['requested', 'completed', 'replaced', 'served otherwise', 'at once', 'seconds', 'seconds a day'],
        [
          ...[result.requested, result.completed, result.replaced, wrong.length, parallel].map(String),
          ...[seconds, seconds / days].map((value) => value.toFixed(2)),
        ],
      ]),
    );
    const whole = result.requested === days && result.completed === days && result.replaced === days;
    process.exitCode = whole && wrong.length === 0 ? 0 : 1;
  });
}

async function feed({ folder, input }: OwnPipeline, date: BusinessDate): Promise<void> {
  const shares = { seed: 1, duplicates: 0, late: 0, bad: 0, maximumDelay: 0, timeZone: ZONE };
  const files = folderSink(input, await readSettings(folder));
  const day = { ...shares, date, events: EVENTS, rhythm: 'even', existing: 'refuse' } as const;
  await feedDay(day, undefined, files, () => undefined, new AbortController().signal);
}

async function backfilled(
  config: Config,
  pipeline: string,
  dates: readonly BusinessDate[],
  parallel: number,
): Promise<BackfillResult> {
  const [from = '', to = ''] = [dates[0], dates.at(-1)];
  return withClient(config, async (client) => {
    const started = await startBackfill(client, { pipeline, from, to, parallel, only: 'all' });
    let shown = 0;
    const report = ({ completed, failed }: BackfillProgress): void => {
      if (completed < shown + 10) return;
      shown = completed;
      progress(`${new Date().toISOString()} ${completed} days are done, ${failed.length} failed`);
    };
    return followBackfill(started, { report, say: progress });
  });
}

async function servedDays({ druid }: Config, datasource: string): Promise<Map<string, number>> {
  const rows = await createDruidClient(druid).queries.sql(
    `SELECT TIME_FORMAT(TIME_FLOOR(__time, 'P1D', NULL, '${ZONE}'), 'yyyy-MM-dd', '${ZONE}') AS "day", COUNT(*) AS "rows"
     FROM "${datasource}" GROUP BY 1`,
    [],
    z.object({ day: z.string(), rows: z.number() }),
  );
  return new Map(rows.map(({ day, rows: count }) => [day, count]));
}

const [days = 400, parallel = 4] = process.argv.slice(2).map(Number);
void main(days, parallel);
