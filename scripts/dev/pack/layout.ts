/** What `npm pack` makes. It has the folders of the sources, so that code finds its files there as in a checkout. */
export const DIST = 'dist';

/** Files that the code reads beside itself. */
export const ASSETS = [
  '.env.example',
  'deploy/druid',
  'deploy/kafka',
  'deploy/zookeeper',
  'engines/fast-path/line-kernel.wasm',
  'engines/spark/python',
  'pipelines/events',
  'scripts/init/template',
  'scripts/report/page/style.css',
  'scripts/stack/fetch/druid',
  'scripts/stack/fetch/hadoop',
  'scripts/stack/fetch/kafka',
  'scripts/stack/fetch/spark',
] as const;

/**
 * Packages of devDependencies whose code dist/ contains, with what they need: so users run it as it was tested, whatever
 * npm installs. Dependencies of the package, each of an exact version, are only those with native parts, detect-libc for
 * DuckDB's, and zstddec, which the sources load anew for a memory of its own. A shrinkwrap would pin everything, too, but
 * npm then installs the native parts of every platform.
 */
export const BUNDLED = [
  '@aws-sdk/client-s3',
  '@aws-sdk/lib-storage',
  '@aws-sdk/s3-request-presigner',
  '@date-fns/tz',
  '@duckdb/node-api',
  '@observablehq/plot',
  '@temporalio/activity',
  '@temporalio/client',
  '@temporalio/common',
  '@temporalio/envconfig',
  '@temporalio/proto',
  '@temporalio/worker',
  '@temporalio/workflow',
  'axios',
  'chalk',
  'cli-progress',
  'cli-table3',
  'commander',
  'date-fns',
  'kafkajs',
  'pino',
  'pino-pretty',
  'proper-lockfile',
  'pure-rand',
  'standardwebhooks',
  'string-width',
  'wrap-ansi',
  'yaml',
  'zod',
] as const;
