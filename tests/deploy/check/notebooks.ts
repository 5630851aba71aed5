import { type Check, textOf } from './deployment';
import { IS_SECRET } from './variables';

const NAME = 'notebooks';
/** What the notebooks ask over the network, by the services' names. */
const ASKED = ['druid-broker', 'spark-master'];
/** What the notebooks must see as the worker does: the days, the pipelines, Druid. */
const SHARED = ['DAYBREAK_DATA', 'DAYBREAK_PIPELINES', 'DRUID_BROKER_URL', 'DAYBREAK_SPARK_MASTER'];

/** Whoever may use the notebooks runs programs in their container. So the check says what these can reach. */
export const checkNotebooks: Check = (deployment) => {
  const { services } = deployment.compose.project;
  const service = services[NAME];
  if (service === undefined) return [`there is no service ${NAME}`];
  const { environment, networks, volumes, secrets } = service;
  const found = [
    ...volumes
      .filter(({ source, read_only }) => source !== NAME && !read_only)
      .map(({ source }) => `may write to ${source}`),
    ...(secrets.some(({ source }) => environment['JUPYTER_TOKEN_FILE'] === `/run/secrets/${source}`)
      ? []
      : ['asks for no token']),
    ...ASKED.filter((name) => !Object.keys(services[name]?.networks ?? {}).some((network) => network in networks)).map(
      (name) => `is in no network of ${name}`,
    ),
    ...SHARED.filter((name) => environment[name] !== services['worker']?.environment[name]).map(
      (name) => `has another ${name} than the worker`,
    ),
    ...(environment['DAYBREAK_PIPELINE'] === null ? [] : ['does not take DAYBREAK_PIPELINE from .env']),
    // The worker's login of Druid may write there.
    ...Object.keys(environment).flatMap((name) => (IS_SECRET.test(name) ? [`gets the worker's ${name}`] : [])),
    // By an address the driver could be known in the network that the executors are not in.
    ...(environment['PYSPARK_SUBMIT_ARGS']?.includes(`spark.driver.host=${NAME} `)
      ? []
      : ['does not tell executors its name']),
  ];
  const notebooks = [...deployment.files.keys()].filter((path) => path.endsWith('.ipynb'));
  const withOutputs = notebooks.filter((path) =>
    /"outputs": \[[^\]]|"execution_count": \d/.test(textOf(deployment, path)),
  );
  return [
    ...found.map((problem) => `${NAME} ${problem}`),
    ...(notebooks.some((path) => path.startsWith('deploy/notebooks/')) ? [] : ['there are no notebooks']),
    ...withOutputs.map((path) => `${path} has outputs: clear them before the commit`),
  ];
};
