import { pipelineSchema, type Pipeline } from '../../../domain/pipeline';
import { expressionName, expressionText, sqlName, sqlText } from '../../../domain/druid/quoting';
import { timeAsWritten, timeExpression } from '../../../domain/druid/time';

function pipelineWith(format: Pipeline['events']['time']['format']): Pipeline {
  return pipelineSchema.parse({
    name: 'p',
    timeZone: 'Asia/Seoul',
    events: { columns: { at: format.startsWith('epoch') ? 'BIGINT' : 'VARCHAR' }, time: { column: 'at', format } },
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
] as const)('reads %s into __time', (format, expression) => {
  expect(timeExpression(pipelineWith(format))).toBe(expression);
});

it.each([
  ['yyyy-MM-dd HH:mm:ss', `TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss', 'Asia/Seoul')`],
  ["yyyy-MM-dd'T'HH:mm:ss", `TIME_FORMAT(__time, 'yyyy-MM-dd''T''HH:mm:ss', 'Asia/Seoul')`],
  ['epoch-seconds', 'TIMESTAMP_TO_MILLIS(__time) / 1000'],
] as const)('gives __time back as %s', (format, sql) => {
  expect(timeAsWritten(pipelineWith(format))).toBe(sql);
});

it('quotes names and texts so that none ends early, in SQL and in native expressions', () => {
  const hostile = `x") || (SELECT 1) || ('\\`;
  expect(sqlName(hostile)).toBe(`"x"") || (SELECT 1) || ('\\"`);
  expect(sqlText(hostile)).toBe(`'x") || (SELECT 1) || (''\\'`);
  expect(expressionName(hostile)).toBe(`"x\\") || (SELECT 1) || ('\\\\"`);
  expect(expressionText(hostile)).toBe(`'x") || (SELECT 1) || (\\'\\\\'`);
});
