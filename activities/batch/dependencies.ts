import type { DruidClient } from '../../clients/druid';

/** What the batch's activities work with; the worker puts it together. */
export interface BatchDependencies {
  readonly druid: DruidClient;
  /** For the supervisor that a seal re-submits. */
  readonly kafkaBrokers: readonly string[];
  /** Absolute path of the folder with one folder a pipeline. */
  readonly pipelines: string;
  /** Absolute path; see Config.data. */
  readonly data: string;
}
