import type { DruidClient } from '../../clients/druid';
import type { KafkaOfDruid } from '../../domain/druid/consumer-properties';
import type { InputSource } from '../../domain/druid/reindex-spec';
import type { SparkProgram } from '../../engines/spark/spark-program';

export interface OutputFile {
  /** Absolute path of a published version. */
  readonly folder: string;
  readonly file: string;
}

/** The dependencies of the batch's activities. The worker creates them. */
export interface BatchDependencies {
  readonly druid: DruidClient;
  /** For the supervisor that a seal submits again. */
  readonly kafkaOfDruid: KafkaOfDruid;
  /** Absolute path of the folder that has one folder for each pipeline. */
  readonly pipelines: string;
  /** Absolute path; see Config.data. */
  readonly data: string;
  /** For pipelines whose batch.engine is spark. Default: none, and they fail. Throws MISSING_TOOL or DOWNLOAD_FAILED. */
  readonly findSpark?: (() => Promise<SparkProgram>) | undefined;
  /**
   * Memory that a build may use before it spills to disk, and the number of hours built at once. Default: 1024, and one
   * per processor.
   */
  readonly build?: { readonly memoryMebibytes?: number | undefined; readonly threads?: number | undefined };
  /** How Druid reads built files. */
  readonly inputSource: (files: readonly OutputFile[]) => InputSource;
  /** The clock that decides whether a day is over. Default: the machine's. */
  readonly now?: () => Date;
}
