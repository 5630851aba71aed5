import { parser } from '@prometheus-io/lezer-promql';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const alertsSchema = z.strictObject({
  groups: z
    .array(
      z.strictObject({
        name: z.string(),
        rules: z
          .array(
            z.strictObject({
              alert: z.string().regex(/^[A-Za-z]+$/),
              expr: z.string(),
              for: z
                .string()
                .regex(/^\d+[smhd]$/)
                .optional(),
              labels: z.strictObject({ severity: z.enum(['page', 'warning']) }),
              annotations: z.strictObject({ summary: z.string(), remedy: z.string() }),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
});

const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })).min(1),
});

export const alerts = alertsSchema
  .parse(parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')))
  .groups.flatMap(({ rules }) => rules);

export const panels = dashboardSchema.parse(JSON.parse(readFileSync('deploy/grafana/daybreak.json', 'utf8'))).panels;

/** Every expression of the alert rules and the dashboard. */
export const expressions: readonly string[] = [
  ...alerts.map(({ expr }) => expr),
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];

/** The metrics that an expression uses, by Prometheus' own grammar. Throws if it is not PromQL. */
export function metricsOf(expression: string): string[] {
  const metrics: string[] = [];
  parser.parse(expression).iterate({
    enter({ type, name, from, to }) {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expression}`);
      if (name === 'VectorSelector') metrics.push(/^\w+/.exec(expression.slice(from, to))?.[0] ?? '');
    },
  });
  return metrics;
}
