import { servedDay } from '../../../activities/batch/served-day';
import type { DruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import type { Rollup } from '../../../domain/rollup';
import { NO_CONTENT, withRowCounter } from '../../../engines/duckdb/row-counter';
import { loadPipeline } from '../../../engines/load-pipeline';
import { scratchFolder } from '../../engines/scratch';

const scratch = scratchFolder();

/** A broker that refuses its first queries of rows; by default, all of them. */
async function served({ isKnown, refused = Infinity }: { readonly isKnown: boolean; readonly refused?: number }) {
  const { pipeline, outputColumns } = await loadPipeline('pipelines/events');
  const queries = {
    columns: () => Promise.resolve(isKnown ? ['__time'] : []),
    sqlLines: async function* () {
      if (asked++ >= refused) yield Buffer.from('\n');
      else
        await Promise.reject(
          new DaybreakError('DRUID_REFUSED', { what: "Object 'events' not found", remedy: 'Read it.' }),
        );
    },
  };
  let asked = 0;
  const interval = dayInterval(parseBusinessDate('2026-11-21'), pipeline.timeZone);
  const druid = { queries } as unknown as DruidClient; // What is not there is not called.
  const day = servedDay(druid, { datasource: 'events', interval }, pipeline, outputColumns);
  return withRowCounter(pipeline, outputColumns, { scratch }, (counter) => day.content('07', counter));
}

it('serves no rows where the broker has forgotten the datasource', async () => {
  expect(await served({ isKnown: false })).toEqual(NO_CONTENT);
});

it('asks again where the broker knows the datasource again, since a server has come back', async () => {
  expect(await served({ isKnown: true, refused: 1 })).toEqual(NO_CONTENT);
});

it('fails with Druid’s reason where the broker still knows the datasource', async () => {
  await expect(served({ isKnown: true })).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
});

/** A broker that answers every query with a row. The columns and the metrics have those values and sums. */
async function answering(answer: Readonly<Record<string, unknown>>) {
  const { pipeline, outputColumns } = await loadPipeline('pipelines/events');
  const asked: string[] = [];
  const sql = (query: string) => Promise.resolve((asked.push(query), [answer]));
  const interval = dayInterval(parseBusinessDate('2026-11-21'), pipeline.timeZone);
  const druid = { queries: { sql } } as unknown as DruidClient; // What is not there is not called.
  const rollup: Rollup = {
    queryGranularity: 'SECOND',
    dimensions: ['uid'],
    metrics: [
      { name: 'events', type: 'count' },
      { name: 'most', type: 'longMax', column: 'user_id' },
    ],
  };
  return { asked, rollup, day: servedDay(druid, { datasource: 'events', interval }, pipeline, outputColumns) };
}

/** Where other days have it as a DOUBLE, Druid gives a column of integers so. */
const AS_DOUBLE = { r: 1, e: 1, ...counts(1), ...sums('5.0') };

function counts(value: number): Record<string, number> {
  return Object.fromEntries([0, 1, 2, 3, 4].map((index) => [`n${index}`, value]));
}

function sums(value: string | null): Record<string, string | null> {
  return { ...Object.fromEntries([0, 1, 2, 3, 4].map((index) => [`s${index}`, value])), m0: value };
}

describe('a column that other days have in another type', () => {
  it.each(['5.0', '1.8E19', 'NaN'])('fails with a code where Druid gives %s for a sum of integers', async (value) => {
    const { day, rollup } = await answering({ ...AS_DOUBLE, ...sums(value) });
    const failure = {
      code: 'PROOF_FAILED',
      what: expect.stringContaining(`Druid gives ${value} for the sum of`) as string,
    };
    await expect(day.figures('07')).rejects.toMatchObject(failure);
    await expect(day.rolledUpFigures(rollup, '07')).rejects.toMatchObject(failure);
  });

  it('takes sums of any size, and those of no values', async () => {
    for (const [value, sum] of [
      ['-9223372036854775808', '-9223372036854775808'],
      ['18446744073709551617', '1'],
      [null, '0'],
    ] as const) {
      const { day } = await answering({ ...AS_DOUBLE, ...sums(value) });
      expect((await day.figures('07')).columns.at(-1)).toEqual({ name: 'uid', values: 1, sum });
    }
  });

  it('is asked for in the type of these rows', async () => {
    const { day, rollup, asked } = await answering({ ...AS_DOUBLE, ...sums('5') });
    await day.figures('07');
    await day.rolledUpFigures(rollup, '07');
    expect(asked[0]).toContain('CAST(SUM(CAST("uid" AS BIGINT)) AS VARCHAR)');
    expect(asked[1]).toContain('CAST(SUM(CAST("uid" AS BIGINT) * CAST("events" AS BIGINT)) AS VARCHAR)');
    expect(asked[1]).toContain('CAST(MAX(CAST("most" AS BIGINT)) AS VARCHAR)');
  });
});
