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
  expect(alerts.map(({ expr }) => expr)).toContain('up{job="daybreak"} == 0');
});

it('pages for a missing day only if the pipeline was started a day before, or a day of it was replaced', () => {
  const expression = alerts.find(({ alert }) => alert === 'DaybreakNoDayReplaced')?.expr ?? '';
  const [absent = '', started = ''] = expression.split(' and on (pipeline) ');
  expect(metricsOf(absent)).toEqual(['daybreak_days_replaced']);
  expect(metricsOf(started)).toEqual(['daybreak_speed_running', 'daybreak_days_replaced']);
  expect(started).toContain('offset 26h');
});
