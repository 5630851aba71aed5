import type { DruidClient } from '../../clients/druid';
import type { InputSource } from '../../domain/druid/reindex-spec';

export interface OutputFile {
  /** Absolute path of a published version. */
  readonly folder: string;
  readonly file: string;
}

/** What the batch's activities work with; the worker puts it together. */
export interface BatchDependencies {
  readonly druid: DruidClient;
  /** For the supervisor that a seal re-submits. */
  readonly kafkaBrokers: readonly string[];
  /** Absolute path of the folder with one folder a pipeline. */
  readonly pipelines: string;
  /** Absolute path; see Config.data. */
  readonly data: string;
  /** How Druid reads built files. */
  readonly inputSource: (files: readonly OutputFile[]) => InputSource;
}
