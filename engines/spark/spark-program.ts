/** A Spark that is installed on this machine. Its own configuration, or `master`, says where its work runs. */
export interface SparkProgram {
  /** Absolute path of bin/spark-sql. */
  readonly sparkSql: string;
  /** The value to set for SPARK_HOME; undefined if it is already correct. */
  readonly home?: string;
  /**
   * For example spark://host:7077, yarn or local[4]. Default: spark.master of Spark's own configuration, else local[*].
   */
  readonly master?: string;
  /** Names of variables that Spark gets from the worker's environment in addition to those that it needs. */
  readonly passed?: readonly string[];
}
