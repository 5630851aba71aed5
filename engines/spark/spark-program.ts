/** A Spark that is installed on this machine. Its own configuration, or `master`, says where its work runs. */
export interface SparkProgram {
  /** Absolute path of bin/spark-submit. */
  readonly sparkSubmit: string;
  /** The value to set for SPARK_HOME; undefined if it is already correct. */
  readonly home?: string;
  /**
   * Absolute path of a folder with the LIBRARIES for tasks on this machine; undefined if its Python has them. On other
   * machines Python has them, or `spark.archives` brings them.
   */
  readonly libraries?: string;
  /**
   * For example spark://host:7077, yarn or local[4]. Default: spark.master of Spark's own configuration, else local[*].
   */
  readonly master?: string;
  /** Names of variables that Spark gets from the worker's environment in addition to those that it needs. */
  readonly passed?: readonly string[];
}

/**
 * What the Python of every task must have, in these versions: another DuckDB could mean something else by the same SQL.
 */
export const LIBRARIES = { duckdb: '1.5.5', pyarrow: '26.0.1' } as const;

/** The folder into which `spark.archives` unpacks the archive of `daybreak spark pack`. */
export const UNPACKED_LIBRARIES = 'daybreak_python';
