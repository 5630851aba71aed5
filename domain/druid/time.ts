import { outputTimeColumnOf, timeTypeOf, type Pipeline } from '../pipeline';
import { expressionName, expressionText, sqlText } from './quoting';

/**
 * Druid's native expression for __time from the output's time column. Local text is read in the pipeline's zone. What
 * is less than a millisecond is cut off, towards the earlier time, as `TimeRule` cuts it.
 */
export function timeExpression(pipeline: Pipeline): string {
  const column = expressionName(outputTimeColumnOf(pipeline));
  const { format } = pipeline.events.time;
  switch (format) {
    case 'epoch-milliseconds':
      return column;
    case 'epoch-seconds':
      return timeTypeOf(pipeline) === 'DOUBLE'
        ? `cast(floor(round(${column} * 1000000.0) / 1000.0), 'LONG')`
        : `${column} * 1000`;
    case 'epoch-microseconds':
      return floored(column, 1_000);
    case 'epoch-nanoseconds':
      return floored(column, 1_000_000);
    case 'iso':
      return `timestamp_parse(${column})`;
    case 'local':
      return `timestamp_parse(${column}, null, ${expressionText(pipeline.timeZone)})`;
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss":
      return `timestamp_parse(${column}, ${expressionText(format)}, ${expressionText(pipeline.timeZone)})`;
  }
}

/** Integers are divided towards zero. */
function floored(column: string, divisor: number): string {
  return `${column} / ${divisor} - if(${column} % ${divisor} < 0, 1, 0)`;
}

/**
 * Druid SQL that returns __time as the output wrote it, to the millisecond. If it wrote ISO 8601, milliseconds since
 * 1970.
 */
export function timeAsWritten(pipeline: Pipeline): string {
  const { format } = pipeline.events.time;
  switch (format) {
    case 'iso':
    case 'epoch-milliseconds':
      return 'TIMESTAMP_TO_MILLIS(__time)';
    case 'epoch-seconds':
      return timeTypeOf(pipeline) === 'DOUBLE'
        ? 'CAST(TIMESTAMP_TO_MILLIS(__time) AS DOUBLE) / 1000'
        : 'TIMESTAMP_TO_MILLIS(__time) / 1000';
    case 'epoch-microseconds':
      return 'TIMESTAMP_TO_MILLIS(__time) * 1000';
    case 'epoch-nanoseconds':
      return 'TIMESTAMP_TO_MILLIS(__time) * 1000000';
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss":
      return `TIME_FORMAT(__time, ${sqlText(format)}, ${sqlText(pipeline.timeZone)})`;
    case 'local':
      return `TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss.SSS', ${sqlText(pipeline.timeZone)})`;
  }
}
