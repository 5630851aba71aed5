/** The variables of the worker's environment that Java, Spark, Hadoop and a shell need. */
const NEEDED = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'HOSTNAME', 'TMPDIR', 'TZ', 'LANG', 'LANGUAGE', 'LD_LIBRARY_PATH'],
  ...['JAVA_HOME', 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS'],
  ...['KRB5_CONFIG', 'KRB5CCNAME', 'KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
]);
const NEEDED_PREFIX = /^(?:LC|SPARK|PYSPARK|HADOOP|HDFS|YARN)_/;

/**
 * The environment of Spark's driver: the variables that it needs and those named in `passed`. No others, since Spark
 * logs its environment and lets SQL read it.
 */
export function sparkEnvironment(environment: NodeJS.ProcessEnv, passed: readonly string[] = []): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => NEEDED.has(name) || NEEDED_PREFIX.test(name) || passed.includes(name),
    ),
  );
}
