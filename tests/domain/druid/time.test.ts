import { pipelineSchema, timeTypesOf, type Pipeline, type TimeFormat } from '../../../domain/pipeline';
import { expressionName, expressionText, sqlName, sqlText } from '../../../domain/druid/quoting';
import { timeAsWritten, timeExpression } from '../../../domain/druid/time';

function pipelineWith(format: TimeFormat, type = timeTypesOf(format)[0]): Pipeline {
  return pipelineSchema.parse({
    name: 'p',
    timeZone: 'Asia/Seoul',
    events: { columns: { at: type }, time: { column: 'at', format } },
    files: { pattern: 'p.%Y%m%d.%H*.json' },
    kafka: { topic: 'in', outputTopic: 'out', key: 'at' },
    druid: { datasource: 'out' },
  });
}

it.each([
  ['yyyy-MM-dd HH:mm:ss', `timestamp_parse("at", 'yyyy-MM-dd HH:mm:ss', 'Asia/Seoul')`],
  ["yyyy-MM-dd'T'HH:mm:ss", String.raw`timestamp_parse("at", 'yyyy-MM-dd\'T\'HH:mm:ss', 'Asia/Seoul')`],
  ['iso', `timestamp_parse("at")`],
  ['epoch-milliseconds', `"at"`],
  ['epoch-seconds', `"at" * 1000`],
  ['epoch-microseconds', `"at" / 1000 - if("at" % 1000 < 0, 1, 0)`],
  ['epoch-nanoseconds', `"at" / 1000000 - if("at" % 1000000 < 0, 1, 0)`],
  ['local', `timestamp_parse("at", null, 'Asia/Seoul')`],
] as const)('reads %s into __time', (format, expression) => {
  expect(timeExpression(pipelineWith(format))).toBe(expression);
});

it.each([
  ['yyyy-MM-dd HH:mm:ss', `TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss', 'Asia/Seoul')`],
  ["yyyy-MM-dd'T'HH:mm:ss", `TIME_FORMAT(__time, 'yyyy-MM-dd''T''HH:mm:ss', 'Asia/Seoul')`],
  ['epoch-seconds', 'TIMESTAMP_TO_MILLIS(__time) / 1000'],
  ['epoch-microseconds', 'TIMESTAMP_TO_MILLIS(__time) * 1000'],
  ['epoch-nanoseconds', 'TIMESTAMP_TO_MILLIS(__time) * 1000000'],
  ['local', `TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss.SSS', 'Asia/Seoul')`],
] as const)('gives __time back as %s', (format, sql) => {
  expect(timeAsWritten(pipelineWith(format))).toBe(sql);
});

it('reads seconds with a fraction to the millisecond, and gives them back', () => {
  const pipeline = pipelineWith('epoch-seconds', 'DOUBLE');
  expect(timeExpression(pipeline)).toBe(`cast(floor(round("at" * 1000000.0) / 1000.0), 'LONG')`);
  expect(timeAsWritten(pipeline)).toBe('CAST(TIMESTAMP_TO_MILLIS(__time) AS DOUBLE) / 1000');
});

it('quotes names and texts so that none ends early, in SQL and in native expressions', () => {
  const hostile = `x") || (SELECT 1) || ('\\`;
  expect(sqlName(hostile)).toBe(`"x"") || (SELECT 1) || ('\\"`);
  expect(sqlText(hostile)).toBe(`'x") || (SELECT 1) || (''\\'`);
  expect(expressionName(hostile)).toBe(`"x\\") || (SELECT 1) || ('\\\\"`);
  expect(expressionText(hostile)).toBe(`'x") || (SELECT 1) || (\\'\\\\'`);
});
