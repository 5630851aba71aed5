import { sparkFailure } from '../../../engines/spark/application-failure';

const CONTEXT = { log: '/out/.spark.log', transformFile: 'pipelines/events/transform.sql' };
const NOISE = `WARNING: Using incubator modules: jdk.incubator.vector
26/11/23 14:49:20 WARN NativeCodeLoader: Unable to load native-hadoop library for your platform... using builtin-java classes where applicable
Spark master: local[*], Application Id: local-1795445362807
Time taken: 4.097 seconds
`;

// The output of Spark 4.3.0.
it.each([
  [
    'a column that is not there',
    `${NOISE}[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name \`e\`.\`nope\` cannot be resolved. Did you mean one of the following? [\`e\`.\`id\`]. SQLSTATE: 42703; line 5 pos 1;
'CreateTable \`spark_catalog\`.\`default\`.\`daybreak_rows\`, ErrorIfExists
+- 'Project ['p, 'c0]
`,
    'BAD_TRANSFORM',
    'pipelines/events/transform.sql:2: Spark refuses the SQL: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `e`.`nope` cannot be resolved. Did you mean one of the following? [`e`.`id`] (see /out/.spark.log)',
  ],
  [
    'a function that is not there',
    `${NOISE}[UNRESOLVED_ROUTINE] Cannot resolve routine \`regexp_full_match\` on search path [\`system\`.\`builtin\`]. SQLSTATE: 42883; line 4 pos 1\n`,
    'BAD_TRANSFORM',
    'pipelines/events/transform.sql:1: Spark refuses the SQL: [UNRESOLVED_ROUTINE] Cannot resolve routine `regexp_full_match` on search path [`system`.`builtin`] (see /out/.spark.log)',
  ],
  [
    'a value that it does not take',
    `${NOISE}26/11/23 14:50:07 ERROR Utils: Aborting task
org.apache.spark.SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero. Use \`try_divide\`. SQLSTATE: 22012
== SQL (line 4, position 2) ==
 1 / (e.id - e.id) AS x FROM events e
 ^^^^^^^^^^^^^^^^^
\tat org.apache.spark.sql.errors.QueryExecutionErrors$.divideByZeroError(QueryExecutionErrors.scala:190)
[DIVIDE_BY_ZERO] Division by zero. Use \`try_divide\`. SQLSTATE: 22012
== SQL (line 4, position 2) ==
 1 / (e.id - e.id) AS x FROM events e
 ^^^^^^^^^^^^^^^^^
`,
    'BAD_TRANSFORM',
    'pipelines/events/transform.sql: Spark fails on a value that DuckDB takes: [DIVIDE_BY_ZERO] Division by zero. Use `try_divide` (see /out/.spark.log)',
  ],
  [
    'a master that is away',
    `${NOISE}26/11/23 14:51:19 WARN StandaloneAppClient$ClientEndpoint: Failed to connect to master 127.0.0.1:1
26/11/23 14:51:39 ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up.
Exception in thread "main" java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.
\tat org.apache.spark.deploy.SparkSubmit.main(SparkSubmit.scala)
`,
    'ENGINE_FAILED',
    'Spark failed: Application has been killed. Reason: All masters are unresponsive! Giving up. (its log is /out/.spark.log)',
  ],
  [
    'JAVA_HOME',
    'JAVA_HOME is not set\n',
    'ENGINE_FAILED',
    'Spark failed: JAVA_HOME is not set (its log is /out/.spark.log)',
  ],
  ['nothing', '', 'ENGINE_FAILED', 'Spark failed: it said nothing (its log is /out/.spark.log)'],
])('finds what Spark says of %s', (_, text, code, what) => {
  expect(sparkFailure(text, CONTEXT)).toMatchObject({ code, what });
});
