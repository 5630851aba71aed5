import { sparkFailure, taskFailure } from '../../../engines/spark/application-failure';

const LOG = '/out/.spark.log';
const NOISE = `WARNING: Using incubator modules: jdk.incubator.vector
26/11/23 14:49:20 WARN NativeCodeLoader: Unable to load native-hadoop library for your platform... using builtin-java classes where applicable
Spark master: local[*], Application Id: local-1795445362807
Time taken: 4.097 seconds
`;

// The output of Spark 4.3.0.
it.each([
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
  expect(sparkFailure(text, LOG)).toMatchObject({ code, what });
});

it.each([
  [
    { kind: 'unreadable', file: 'a.json', reason: 'No such file' },
    'UNREADABLE_INPUT',
    'a task of Spark cannot read the input file a.json: No such file (see /out/.spark.log)',
  ],
  [
    { kind: 'library', missing: ['duckdb 1.5.5'], python: '3.9.2', host: 'node-7' },
    'MISSING_TOOL',
    "the Python 3.9.2 of Spark's tasks on node-7 lacks duckdb 1.5.5",
  ],
  [
    { kind: 'task', reason: 'Task 3 failed 4 times: Out of Memory Error' },
    'ENGINE_FAILED',
    'Spark gave up a task: Task 3 failed 4 times: Out of Memory Error (its log is /out/.spark.log)',
  ],
] as const)('says what a task said: %j', (failure, code, what) => {
  expect(
    taskFailure(failure.kind === 'library' ? { ...failure, missing: [...failure.missing] } : failure, LOG),
  ).toMatchObject({
    code,
    what,
  });
});
