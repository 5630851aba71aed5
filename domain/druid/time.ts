import { outputTimeColumnOf, type Pipeline } from '../pipeline';
import { expressionName, expressionText, sqlText } from './quoting';

/** Druid's native expression for __time from the output's time column. Local text is read in the pipeline's zone. */
export function timeExpression(pipeline: Pipeline): string {
  const column = expressionName(outputTimeColumnOf(pipeline));
  const { format } = pipeline.events.time;
  switch (format) {
    case 'epoch-milliseconds':
      return column;
    case 'epoch-seconds':
      return `${column} * 1000`;
    case 'iso':
      return `timestamp_parse(${column})`;
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss":
      return `timestamp_parse(${column}, ${expressionText(format)}, ${expressionText(pipeline.timeZone)})`;
  }
}

/** Druid SQL that returns __time as the output wrote it; milliseconds since 1970 if it wrote ISO 8601. */
export function timeAsWritten(pipeline: Pipeline): string {
  const { format } = pipeline.events.time;
  switch (format) {
    case 'iso':
    case 'epoch-milliseconds':
      return 'TIMESTAMP_TO_MILLIS(__time)';
    case 'epoch-seconds':
      return 'TIMESTAMP_TO_MILLIS(__time) / 1000';
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss":
      return `TIME_FORMAT(__time, ${sqlText(format)}, ${sqlText(pipeline.timeZone)})`;
  }
}
