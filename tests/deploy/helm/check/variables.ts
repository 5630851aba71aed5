import { readConfig } from '../../../../worker/config';
import { messageOf } from '../../../../domain/errors';
import { IS_SECRET } from '../../check/variables';
import { containersOf, podsOf, type Container, type Pod } from '../manifests';
import { valueOf } from './pods';
import type { ChartCheck } from './index';

/** Needed in every container: their defaults are a local stack's. */
const ADDRESSES = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'KAFKA_BROKERS',
  'DRUID_COORDINATOR_URL',
  'DRUID_BROKER_URL',
];
/** A speed worker has no use for these: see docs/security.md. */
const NOT_FOR_SPEED = /^(AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|HADOOP_TOKEN|DAYBREAK_OUTPUT_)/;

export const checkVariables: ChartCheck = (manifests, { variables }) =>
  podsOf(manifests).flatMap((pod) =>
    containersOf(pod.spec).flatMap((container) => {
      const names = container.env.map(({ name }) => name);
      return [
        ...names.filter((name) => !variables.includes(name)).map((name) => `sets ${name}, which no worker knows`),
        ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `sets ${name} twice`),
        ...container.env
          .filter(({ name, value }) => IS_SECRET.test(name) && value !== undefined)
          .map(({ name }) => `has the secret ${name} as a value`),
        ...[...ADDRESSES, 'DAYBREAK_PIPELINES', 'DAYBREAK_DATA']
          .filter((name) => !names.includes(name))
          .map((name) => `does not set ${name}`),
        ...(container.args.includes('speed') && pod.isWorker
          ? names.filter((name) => NOT_FOR_SPEED.test(name)).map((name) => `gives ${name} to the speed layer`)
          : []),
        ...configurationProblems(container, pod),
      ].map((problem) => `${pod.owner} ${problem}`);
    }),
  );

/** Reads the variables as the worker does. */
function configurationProblems(container: Container, { isWorker }: Pod): string[] {
  const environment = Object.fromEntries(
    container.env
      // The files of Secrets are not here.
      .filter(({ name }) => !name.endsWith('_FILE') || name.startsWith('DRUID_KAFKA_'))
      .map(({ name, value }) => [name, value ?? SAMPLES[name] ?? 'a-secret-of-the-cluster']),
  );
  const caOfKafka = valueOf(container, 'KAFKA_TLS_CA_FILE') === undefined ? {} : { KAFKA_TLS: 'true' };
  try {
    const config = readConfig({ ...environment, ...caOfKafka });
    return isWorker && config.workerHost !== '0.0.0.0' ? [`listens on ${config.workerHost} only`] : [];
  } catch (thrown) {
    return [`would not start: ${messageOf(thrown)}`];
  }
}

const SAMPLES: Readonly<Record<string, string>> = {
  DAYBREAK_PAYLOAD_KEYS: `one:${Buffer.alloc(32, 7).toString('base64')}`,
};
