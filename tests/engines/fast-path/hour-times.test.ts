import { parseBusinessDate } from '../../../domain/business-date';
import { openDatabase } from '../../../engines/duckdb/database';
import { queryTexts } from '../../../engines/duckdb/query';
import { kernelTimeOf, timePatternOfDates, timePatternOfHour } from '../../../engines/fast-path/hour-times';
import { loadPipeline } from '../../../engines/load-pipeline';

/** As milliseconds, 1795204800 is an instant of this hour. It is one of 2026 as seconds. */
const HOUR = { date: parseBusinessDate('1970-01-21'), hour: '18' };

async function pipelineWith(format: 'epoch-seconds' | 'epoch-milliseconds') {
  const { pipeline } = await loadPipeline('pipelines/events');
  const columns = { time: 'BIGINT' } as const;
  return { ...pipeline, timeZone: 'UTC', events: { ...pipeline.events, columns, time: { column: 'time', format } } };
}

it('takes no number for milliseconds of 1970, because it may be one of seconds', async () => {
  const pipeline = await pipelineWith('epoch-milliseconds');
  expect(kernelTimeOf(pipeline, HOUR)).toBeUndefined();
  const conditions = [timePatternOfHour(pipeline, HOUR), timePatternOfDates(pipeline, [HOUR.date])].map((pattern) =>
    pattern?.condition?.("'1795204800'"),
  );
  const database = await openDatabase(pipeline, undefined);
  try {
    expect(
      await queryTexts(database.connection, `SELECT ${conditions.map((sql) => `(${sql})::VARCHAR`).join()}`),
    ).toEqual([['false', 'false']]);
  } finally {
    database.close();
  }
});

it('takes seconds of 1970, and milliseconds of other years', async () => {
  expect(kernelTimeOf(await pipelineWith('epoch-seconds'), HOUR)).toBeDefined();
  const later = { date: parseBusinessDate('1970-02-18'), hour: '00' };
  expect(kernelTimeOf(await pipelineWith('epoch-milliseconds'), later)).toBeDefined();
});
