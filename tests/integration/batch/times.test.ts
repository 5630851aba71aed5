import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import type { ColumnType, TimeFormat } from '../../../domain/pipeline';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';

useStack();
const { queries } = createDruidClient(readConfig().druid);
const rowSchema = z.object({ id: z.number(), at: z.string() });

interface Written {
  readonly format: TimeFormat;
  readonly type: ColumnType;
  readonly timeZone: string;
  readonly date: string;
  /** Times as JSON, and what Druid has of them. */
  readonly times: Readonly<Record<string, string>>;
}

it.each<Written>([
  {
    format: 'epoch-seconds',
    type: 'DOUBLE',
    timeZone: 'Asia/Seoul',
    date: '2026-03-29',
    times: {
      '1774710600': '2026-03-28T15:10:00.000Z',
      // As a double a little less than 123 milliseconds.
      '1774710600.123': '2026-03-28T15:10:00.123Z',
      '1774710600.123999': '2026-03-28T15:10:00.123Z',
      '1.774710600999999E9': '2026-03-28T15:10:00.999Z',
    },
  },
  {
    format: 'epoch-seconds',
    type: 'DOUBLE',
    timeZone: 'UTC',
    date: '2001-09-09',
    times: {
      '999999999.999999': '2001-09-09T01:46:39.999Z',
      '1000000000.5': '2001-09-09T01:46:40.500Z',
      '1000000001': '2001-09-09T01:46:41.000Z',
    },
  },
  {
    format: 'epoch-microseconds',
    type: 'BIGINT',
    timeZone: 'Asia/Seoul',
    date: '2026-03-29',
    times: { '1774710600123999': '2026-03-28T15:10:00.123Z', '1774710600124000': '2026-03-28T15:10:00.124Z' },
  },
  {
    format: 'epoch-nanoseconds',
    type: 'BIGINT',
    timeZone: 'UTC',
    date: '2001-09-09',
    times: { '999999999999999999': '2001-09-09T01:46:39.999Z', '1000000000000000001': '2001-09-09T01:46:40.000Z' },
  },
  {
    format: 'local',
    type: 'VARCHAR',
    timeZone: 'Asia/Seoul',
    date: '2026-03-29',
    times: {
      '"2026-03-29 07:00:00"': '2026-03-28T22:00:00.000Z',
      '"2026-03-29T07:00:00.5"': '2026-03-28T22:00:00.500Z',
      '"2026-03-29 07:00:00.123999999"': '2026-03-28T22:00:00.123Z',
    },
  },
  {
    // The clocks go back: Druid takes the first of two hours.
    format: 'yyyy-MM-dd HH:mm:ss',
    type: 'VARCHAR',
    timeZone: 'America/New_York',
    date: '2025-11-02',
    times: {
      '"2025-11-02 00:59:59"': '2025-11-02T04:59:59.000Z',
      '"2025-11-02 01:30:00"': '2025-11-02T05:30:00.000Z',
      '"2025-11-02 02:30:00"': '2025-11-02T07:30:00.000Z',
    },
  },
])('loads $format as $type of $date, with proof', async ({ format, type, timeZone, date, times }) => {
  const pipeline = await ownPipeline((yaml) =>
    yaml
      .replace('time: VARCHAR', `time: ${type}`)
      .replace(/format: yyyy.*/, `format: ${format}`)
      .replace('Asia/Seoul', timeZone)
      .replace(/settleSeconds: \d+/, 'settleSeconds: 0\n  allowedMissingHours: 23'),
  );
  const { environment, name, topic } = pipeline;
  await mkdir(pipeline.input, { recursive: true });
  const lines = Object.keys(times).map((time, id) => `{"hello":"hi","id":${id},"time":${time}}\n`);
  await writeFile(join(pipeline.input, `names.${date.replaceAll('-', '')}.07.json`), lines.join(''));
  const worker = await background('worker --role batch', environment, '"msg":"ready"');
  try {
    const file = join(pipeline.folder, 'pipeline.yaml');
    const yaml = await readFile(file, 'utf8');
    const on = `--pipeline ${name} --date ${parseBusinessDate(date)}`;
    const result = JSON.parse(await succeed(`batch run ${on} --json`, environment)) as DailyBatchResult;
    expect(result).toMatchObject({ verdict: 'replaced', counts: { read: lines.length, quarantined: 0 } });
    const served = await queries.sql(
      `SELECT user_id AS id, TIME_FORMAT(__time, 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z''') AS "at" FROM "${topic}"`,
      [],
      rowSchema,
    );
    expect(served.sort((a, b) => a.id - b.id)).toEqual(Object.values(times).map((at, id) => ({ id, at })));
    for (const [proof, by] of [
      ['rows', 'row by row'],
      ['aggregates', 'by aggregates'],
    ] as const) {
      await writeFile(file, `${yaml}proof: ${proof}\n`);
      const stdout = expect.stringContaining(`proven ${by}`) as string;
      expect(await daybreak(`batch verify ${on}`, environment)).toMatchObject({ code: 0, stdout });
    }
  } finally {
    await endAll(
      () => worker.stop(),
      () => pipeline.remove(),
    );
  }
});
