import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createDruidClient } from '../../clients/druid';
import { dayInterval, type BusinessDate } from '../../domain/business-date';
import { numeral } from '../../domain/counted';
import { sqlName } from '../../domain/druid/quoting';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import type { Config } from '../../worker/config';
import { progress } from '../output/print';

/** For how long nothing new may arrive before the end. */
const PATIENCE_MILLISECONDS = 120_000;

/**
 * Waits until Druid's realtime has every readable record of the day that went to Kafka, the duplicates too. Throws
 * SERVER_FAILED, with the remedy, if two minutes bring nothing new.
 */
export async function untilRealtimeServes(
  config: Config,
  pipeline: Pipeline,
  { date, signal, remedy }: { readonly date: BusinessDate; readonly signal: AbortSignal; readonly remedy: string },
): Promise<void> {
  const { queries } = createDruidClient(config.druid);
  const { start, end } = dayInterval(date, pipeline.timeZone);
  const { datasource } = pipeline.druid;
  const served = async (): Promise<number> => {
    if (!(await queries.hasDatasource(datasource))) return 0;
    const rows = await queries.sql(
      `SELECT COUNT(*) AS "rows" FROM ${sqlName(datasource)} WHERE __time >= TIME_PARSE(?) AND __time < TIME_PARSE(?)`,
      [start, end],
      z.object({ rows: z.number() }),
    );
    return rows[0]?.rows ?? 0;
  };
  let deadline = Date.now() + PATIENCE_MILLISECONDS;
  // Settled: nothing more arrived for some seconds, although all records of the day are in Kafka.
  for (let [before, unchanged] = [-1, 0]; unchanged < 4;) {
    if (Date.now() > deadline) {
      throw new DaybreakError('SERVER_FAILED', {
        what: `Druid’s realtime serves ${before} rows of ${date}, and nothing new came for ${PATIENCE_MILLISECONDS / 1_000} s`,
        remedy,
      });
    }
    const now = await served();
    if (now !== before) {
      progress(`Druid’s realtime serves ${numeral(now)} rows of ${date}`);
      deadline = Date.now() + PATIENCE_MILLISECONDS;
    }
    unchanged = now === before && now > 0 ? unchanged + 1 : 0;
    before = now;
    await sleep(1_000, undefined, { signal });
  }
}
