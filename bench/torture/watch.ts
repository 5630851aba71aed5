import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { messageOf } from '../../domain/errors';
import { sqlName } from '../../domain/druid/quoting';
import type { OwnPipeline } from '../../tests/integration/support/own-pipeline';
import { ZONE } from './load';

const PERIOD_MILLISECONDS = 1_000;

/**
 * Asks Druid once a second which marks it serves in each hour of each pipeline, and appends each answer to `file` as a
 * line of JSON: pipeline, at, and rows or error. Ends on the signal.
 */
export async function watchMarks(
  brokerUrl: string,
  pipelines: readonly OwnPipeline[],
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const ask = async ({ name, topic }: OwnPipeline): Promise<void> => {
    const sample = { pipeline: name, at: new Date().toISOString() };
    const answer = await marksOf(brokerUrl, topic).catch((thrown: unknown) => ({ error: messageOf(thrown) }));
    await appendFile(file, `${JSON.stringify({ ...sample, ...answer })}\n`);
  };
  while (!signal.aborted) {
    await Promise.all([...pipelines.map(ask), sleep(PERIOD_MILLISECONDS)]);
  }
}

async function marksOf(brokerUrl: string, datasource: string): Promise<{ readonly rows: unknown }> {
  const query = `SELECT TIME_FORMAT(__time, 'yyyy-MM-dd HH', '${ZONE}'), hello, COUNT(*) FROM ${sqlName(datasource)}
    WHERE hello LIKE 'mark-%' GROUP BY 1, 2`;
  return { rows: await askDruid(brokerUrl, query) };
}

/** The rows of a query, each as a list of its values. Rejects if a broker that is killed sends only a part of them. */
export async function askDruid(brokerUrl: string, query: string): Promise<unknown> {
  const { data } = await axios.post<unknown>(
    `${brokerUrl}/druid/v2/sql`,
    { query, resultFormat: 'array' },
    // Otherwise axios gives text that is not JSON as it is.
    { timeout: 5_000, proxy: false, responseType: 'json', transitional: { silentJSONParsing: false } },
  );
  return data;
}
