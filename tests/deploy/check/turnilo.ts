import { parse } from 'yaml';
import * as z from 'zod';
import { batchDatasourceOf } from '../../../domain/pipeline';
import { type Check, textOf } from './deployment';

const configSchema = z.object({
  port: z.number(),
  serverHost: z.string({ error: 'serverHost is not set' }),
  clusters: z.array(z.object({ name: z.string(), url: z.url() })),
  dataCubes: z.array(
    z.object({
      name: z.string(),
      clusterName: z.string(),
      source: z.string(),
      introspection: z.string().optional(),
      timeAttribute: z.string(),
      defaultTimezone: z.string().optional(),
      defaultSplitDimensions: z.array(z.string()).default([]),
      dimensions: z.array(
        z.object({
          name: z.string(),
          formula: z.string(),
          kind: z.string().optional(),
          granularities: z.array(z.string()).optional(),
        }),
      ),
      measures: z.array(z.object({ name: z.string(), formula: z.string() })),
    }),
  ),
});

export const checkTurnilo: Check = (deployment) => {
  const { pipeline, outputColumns, compose } = deployment;
  const parsed = configSchema.safeParse(parse(textOf(deployment, 'deploy/turnilo/config.yaml')));
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `Turnilo: ${path.join('.')}: ${message}`);
  const { dataCubes, clusters } = parsed.data;
  const columns = ['__time', ...outputColumns.map(({ name }) => name)];
  const problems = ['events_names', 'events_batch']
    .filter((wanted) => !dataCubes.some(({ name }) => name === wanted))
    .map((wanted) => `there is no cube ${wanted}`);
  for (const { url } of clusters) {
    const host = new URL(url).hostname;
    if (!(host in compose.project.services)) problems.push(`the cluster is at ${host}, which is no service`);
  }
  for (const cube of dataCubes) {
    const used = [...cube.dimensions, ...cube.measures].flatMap(({ formula }) =>
      [...formula.matchAll(/\$(\w+)/g)].map(([, column = '']) => column),
    );
    const unknown = [...used, cube.timeAttribute].filter((column) => ![...columns, 'main'].includes(column));
    const source = cube.name === 'events_batch' ? batchDatasourceOf(pipeline) : pipeline.druid.datasource;
    const counts = cube.measures.some(({ formula }) => formula === '$main.count()');
    const missing = ['$__time', `$${pipeline.events.time.column}`].filter(
      (formula) => !cube.dimensions.some((dimension) => dimension.formula === formula),
    );
    const split = cube.dimensions.find(({ name }) => name === cube.defaultSplitDimensions[0]);
    const isByDay = split?.formula === '$__time' && split.granularities?.[0] === 'P1D';
    const found = [
      ...(cube.name === 'events_batch' && !isByDay ? ['is not split by day'] : []),
      ...unknown.map((column) => `has the column ${column}, which ${pipeline.name} does not give`),
      ...missing.map((formula) => `has no dimension ${formula}`),
      ...(counts ? [] : ['has no measure $main.count()']),
      ...(cube.source === source ? [] : [`is of ${cube.source}, not ${source}`]),
      ...(clusters.some(({ name }) => name === cube.clusterName) ? [] : [`is of the cluster ${cube.clusterName}`]),
      ...(cube.introspection === 'no-autofill' ? [] : [`has introspection ${cube.introspection ?? 'by default'}`]),
      ...(cube.defaultTimezone === pipeline.timeZone ? [] : [`is in ${cube.defaultTimezone ?? 'UTC'}`]),
    ];
    problems.push(...found.map((problem) => `the cube ${cube.name} ${problem}`));
  }
  const command = textOf(deployment, 'deploy/turnilo/Dockerfile').match(
    /^CMD \["turnilo", "run-config", "(.*)"\]$/m,
  )?.[1];
  const mounts = compose.project.services['turnilo']?.volumes ?? [];
  if (!mounts.some(({ target }) => target === command)) problems.push('it is not started with its configuration');
  return problems.map((problem) => `Turnilo: ${problem}`);
};
