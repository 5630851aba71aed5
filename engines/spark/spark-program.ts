/** A Spark that is installed on this machine. Where its work runs, its own configuration says, or `master`. */
export interface SparkProgram {
  /** Absolute path of bin/spark-sql. */
  readonly sparkSql: string;
  /** What SPARK_HOME is to be; undefined where it is as it should be. */
  readonly home?: string;
  /** Such as spark://host:7077, yarn or local[4]. Default: spark.master of Spark's own configuration, else local[*]. */
  readonly master?: string;
  /** Names of variables that Spark gets from the worker's environment beside those that it needs. */
  readonly passed?: readonly string[];
}
