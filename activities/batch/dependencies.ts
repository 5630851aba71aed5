import type { DruidClient } from '../../clients/druid';
import type { KafkaOfDruid } from '../../domain/druid/consumer-properties';
import type { InputSource } from '../../domain/druid/reindex-spec';
import type { SparkProgram } from '../../engines/spark/spark-program';

export interface OutputFile {
  /** Absolute path of a published version. */
  readonly folder: string;
  readonly file: string;
}

/** What the batch's activities work with; the worker puts it together. */
export interface BatchDependencies {
  readonly druid: DruidClient;
  /** For the supervisor that a seal re-submits. */
  readonly kafkaOfDruid: KafkaOfDruid;
  /** Absolute path of the folder with one folder a pipeline. */
  readonly pipelines: string;
  /** Absolute path; see Config.data. */
  readonly data: string;
  /** For pipelines whose batch.engine is spark. Default: none, and they fail. Throws MISSING_TOOL or DOWNLOAD_FAILED. */
  readonly findSpark?: (() => Promise<SparkProgram>) | undefined;
  /** What a build may hold before it spills to disk, and hours built at once. Default: 1024, and one a processor. */
  readonly build?: { readonly memoryMebibytes?: number | undefined; readonly threads?: number | undefined };
  /** How Druid reads built files. */
  readonly inputSource: (files: readonly OutputFile[]) => InputSource;
  /** The clock by which a day is over. Default: the machine's. */
  readonly now?: () => Date;
}
