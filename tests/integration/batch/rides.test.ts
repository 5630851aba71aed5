import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { servedBy } from './day-rows';
import { sendToRealtime } from './send-to-realtime';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
/** This day has 23 hours in New York. */
const date = parseBusinessDate('2026-03-08');
const config = readConfig();
const { queries } = createDruidClient(config.druid);

/**
 * By the hour of their file: ids that no double holds, nulls, a ride that comes twice with another fare, an unknown
 * zone.
 */
const FILES: Readonly<Record<string, readonly string[]>> = {
  '01': [
    '{"ride":9007199254740993,"zone":4,"fare":10.1,"shared":true,"at":"2026-03-08T01:59:59-05:00"}',
    '{"ride":-9223372036854775808,"zone":null,"fare":null,"shared":null,"at":"2026-03-08T06:30:00Z"}',
  ],
  '03': [
    '{"ride":9223372036854775807,"zone":1,"fare":0.1,"shared":false,"at":"2026-03-08T03:00:00-04:00"}',
    '{"ride":7,"zone":99999,"fare":1e-7,"shared":false,"at":"2026-03-08T03:00:01.123456789-04:00"}',
    '{"ride":7,"zone":4,"fare":99,"shared":true,"at":"2026-03-08T03:00:02-04:00"}',
    '{"ride":8,"zone":4,"fare":-1,"shared":true,"at":"2026-03-08T03:00:03-04:00"}',
  ],
  '23': ['{"ride":9,"zone":4,"fare":123456789.25,"shared":true,"at":"2026-03-08T23:59:59-04:00"}'],
};
const rowSchema = z.object({
  ride: z.string(),
  zone: z.string().nullable(),
  borough: z.string().nullable(),
  shared: z.unknown(),
  price: z.number().nullable(),
});

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline(
    (yaml) => `${yaml}gate:\n  settleSeconds: 0\n  allowedMissingHours: 23\n  maximumShortfall: 0.5\n`,
    'rides',
  );
  await mkdir(pipeline.input, { recursive: true });
  for (const [hour, lines] of Object.entries(FILES)) {
    await writeFile(join(pipeline.input, `rides-20260308-${hour}.json`), lines.map((line) => `${line}\n`).join(''));
  }
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

async function served(): Promise<z.infer<typeof rowSchema>[]> {
  return servedBy(pipeline.topic, () =>
    queries.sql(
      `SELECT CAST(ride AS VARCHAR) AS ride, zone, borough, shared, price FROM "${pipeline.topic}" ORDER BY __time`,
      [],
      rowSchema,
    ),
  );
}

it('goes the same way with another schema: realtime has every delivery, the batch each ride once, with proof', async () => {
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await sendToRealtime(pipeline.topic, Object.values(FILES).flat());
  // All but the ride with a negative fare, which the SQL leaves out.
  await until('the rides in realtime', async () => (await served()).length === 6);
  const realtime = await served();

  const on = `--pipeline ${pipeline.name} --date ${date}`;
  const result = JSON.parse(await succeed(`batch run ${on} --json`, pipeline.environment)) as DailyBatchResult;
  expect(result).toMatchObject({ verdict: 'replaced', counts: { read: 7, kept: 6, duplicates: 1, quarantined: 0 } });
  const after = await served();
  expect(after.map(({ ride, zone, borough, price }) => [ride, zone, borough, price])).toEqual([
    ['-9223372036854775808', null, null, null],
    ['9007199254740993', 'Alphabet City', 'Manhattan', 10.1 + 2.5],
    ['9223372036854775807', 'Newark Airport, EWR', null, 0.1],
    ['7', null, null, 1e-7],
    ['9', 'Alphabet City', 'Manhattan', 123456789.25 + 2.5],
  ]);
  expect(after).toEqual(realtime.filter(({ price }) => price !== 101.5));
  expect(await daybreak(`batch verify ${on}`, pipeline.environment)).toMatchObject({ code: 0 });
});
