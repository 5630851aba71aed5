import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { STANDARD_PORTS } from '../../domain/ports';
import { alerts, expressions, metricsOf } from './monitoring';

it.each(expressions)('%s is PromQL over metrics', (expression) => {
  expect(metricsOf(expression).length).toBeGreaterThan(0);
});

it('takes nothing for PromQL that is none', () => {
  expect(() => metricsOf('sum by (pipeline (daybreak_speed_lag)')).toThrow('not PromQL');
  expect(metricsOf('rate(a_total{b="c"}[5m]) / on (b) d > 1')).toEqual(['a_total', 'd']);
});

it('tells with each alert what to do, and has no name twice', () => {
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  for (const { annotations } of alerts) expect(annotations.remedy).toMatch(/^npx daybreak /);
});

it('scrapes the worker where it listens, under the job that the alerts name', () => {
  const target = `worker:${STANDARD_PORTS.worker}`;
  expect(parse(readFileSync('deploy/prometheus/prometheus.yaml', 'utf8'))).toMatchObject({
    scrape_configs: [{ job_name: 'daybreak', static_configs: [{ targets: [target] }] }],
  });
  expect(alerts.map(({ expr }) => expr)).toContain('up{job="daybreak"} == 0 or absent(up{job="daybreak"})');
});

const expressionOf = (name: string): string => alerts.find(({ alert }) => alert === name)?.expr ?? '';

it('pages for a missing day only if a day of the pipeline was replaced, or its first whole day is over', () => {
  const [replaced = '', started = ''] = expressionOf('DaybreakNoDayReplaced').split(' or on (pipeline) ');
  expect(metricsOf(replaced)).toEqual(['daybreak_day_replaced_timestamp_seconds']);
  expect(metricsOf(started)).toEqual([
    'daybreak_speed_running',
    'daybreak_day_replaced_timestamp_seconds',
    'daybreak_days_replaced',
  ]);
  // It may begin just after midnight: then comes a rest of that day, a whole day, and the night.
  expect(started).toContain('offset 50h');
});

it.each(['DaybreakNoDayReplaced', 'DaybreakSpeedStopped'])('%s fires if no worker is left', (name) => {
  const [first = ''] = expressionOf(name).split(/ (?:or|unless) /);
  expect(first).toMatch(
    /(?:^|time\(\) - |count by \(pipeline\) \( )max by \([\w, ]+\) \(max_over_time\(\w+\[[17]d\]\)\)/,
  );
});

it('pages for a partition that no worker reads, also while another one is read', () => {
  const [, matched = '', now = ''] =
    / unless on \((.+?)\) max by \((.+?)\) /.exec(expressionOf('DaybreakSpeedStopped')) ?? [];
  expect([matched, now]).toEqual(['pipeline, partition', 'pipeline, partition']);
  expect(expressionOf('DaybreakSpeedStopped')).toMatch(/^count by \(pipeline\) \( max by \(pipeline, partition\) /);
});

it('names the pipeline in each alert but that of the workers', () => {
  const silent = alerts.filter(({ expr }) => !/by \(pipeline\b/.test(expr)).map(({ alert }) => alert);
  expect(silent).toEqual(['DaybreakWorkerDown']);
});
