import { outputTimeColumnOf, type Pipeline } from '../pipeline';

const quotedColumn = (pipeline: Pipeline): string => `"${outputTimeColumnOf(pipeline)}"`;

/** Druid's native expression for __time, from the output's time column: local text is read in the pipeline's zone. */
export function timeExpression(pipeline: Pipeline): string {
  const column = quotedColumn(pipeline);
  switch (pipeline.events.time.format) {
    case 'epoch-milliseconds':
      return column;
    case 'epoch-seconds':
      return `${column} * 1000`;
    case 'iso':
      return `timestamp_parse(${column})`;
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss":
      return `timestamp_parse(${column}, '${quoted(pipeline.events.time.format)}', '${pipeline.timeZone}')`;
  }
}

/** Druid SQL that gives __time back as the output wrote it; milliseconds since 1970 where it wrote ISO 8601. */
export function timeAsWritten(pipeline: Pipeline): string {
  switch (pipeline.events.time.format) {
    case 'iso':
    case 'epoch-milliseconds':
      return 'TIMESTAMP_TO_MILLIS(__time)';
    case 'epoch-seconds':
      return 'TIMESTAMP_TO_MILLIS(__time) / 1000';
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss": {
      const pattern = pipeline.events.time.format.replaceAll("'", "''");
      return `TIME_FORMAT(__time, '${pattern}', '${pipeline.timeZone}')`;
    }
  }
}

/** The inside of a native expression's string literal, where a quote is escaped by a backslash. */
function quoted(text: string): string {
  return text.replaceAll("'", "\\'");
}
