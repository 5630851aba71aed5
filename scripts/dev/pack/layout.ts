/** What `npm pack` makes. It has the folders of the sources, so that code finds its files there as in a checkout. */
export const DIST = 'dist';
export const SHRINKWRAP = 'npm-shrinkwrap.json';

/** Files that the code reads beside itself. */
export const ASSETS = [
  '.env.example',
  'deploy/druid',
  'deploy/kafka',
  'deploy/zookeeper',
  'engines/fast-path/line-kernel.wasm',
  'pipelines/events',
  'scripts/init/template',
  'scripts/report/page/style.css',
  'scripts/stack/fetch/druid',
  'scripts/stack/fetch/hadoop',
  'scripts/stack/fetch/kafka',
  'scripts/stack/fetch/spark',
  'worker/failure-converter.cjs',
  'worker/payload-converter.cjs',
] as const;

/** Packages of devDependencies that dist/ contains. Others of the sources are dependencies of the package. */
export const BUNDLED = [
  '@aws-sdk/client-s3',
  '@aws-sdk/lib-storage',
  '@aws-sdk/s3-request-presigner',
  '@date-fns/tz',
  '@duckdb/node-api',
  '@observablehq/plot',
  '@temporalio/activity',
  '@temporalio/client',
  '@temporalio/envconfig',
  '@temporalio/worker',
  '@temporalio/workflow',
  'axios',
  'chalk',
  'cli-progress',
  'cli-table3',
  'commander',
  'date-fns',
  'pino',
  'pino-pretty',
  'proper-lockfile',
  'pure-rand',
  'yaml',
  'zod',
] as const;
