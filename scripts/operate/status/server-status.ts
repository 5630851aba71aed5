import { createDruidClient, FailedAnswer, NotTheLeader } from '../../../clients/druid';
import type { KafkaOptions } from '../../../clients/kafka';
import { KafkaTopics } from '../../../clients/kafka/topics';
import { DaybreakError, messageOf } from '../../../domain/errors';
import { searchAttributes } from '../../../domain/search-attributes';
import type { Config } from '../../../worker/config';
import { connectOptions, withClient } from '../../../worker/connect';
import type { ServerHealth } from '../../stack';
import { hasStack } from '../../stack/stack';

export interface ServerStatus {
  readonly title: string;
  readonly url: string;
  readonly up: boolean;
  /** `starting`: its process runs but does not answer as it should. */
  readonly state: 'up' | 'starting' | 'down';
  /** What is wrong, in one line. Empty if nothing is wrong. */
  readonly detail: string;
  /** What to do, in one sentence. Empty if nothing is wrong. */
  readonly remedy: string;
}

const START = 'Start what is down';
/** No run has these. Temporal refuses the query if it lacks one of the attributes. */
const NO_RUN = searchAttributes.map(({ name }) => `${name} = 'none'`).join(' AND ');

/**
 * The servers that a worker uses, polled at the worker's addresses with its credentials. If the worker's Druid is the
 * local stack's, the stack's other servers are listed too.
 */
export async function serverStatus(config: Config, portBase: number | undefined): Promise<ServerStatus[]> {
  const [polled, local] = await Promise.all([
    Promise.all(probesOf(config).map(ask)),
    hasStack({ portBase }) ? import('../../stack').then(({ stackHealth }) => stackHealth({ portBase })) : [],
  ]);
  const up = [
    'npx daybreak up',
    ...(portBase === undefined ? [] : [`--port-base ${portBase}`]),
    ...(local.some(({ name }) => name === 'versitygw') ? ['--storage s3'] : []),
  ].join(' ');
  const stackOf = ({ title, address }: PolledServer): ServerHealth | undefined =>
    local.find((server) => server.title === title && isAt(address, server.port));
  const isDruidLocal = polled.some((one) => one.title.startsWith('Druid') && stackOf(one) !== undefined);
  const servers = polled.map((one) => {
    const server = stackOf(one);
    if (server === undefined) return explained(one);
    // The state of its process says more than the missing answer.
    return one.failure === undefined || server.state === 'up'
      ? { ...explained(one), url: server.url }
      : ofStack(server, up);
  });
  const isPolled = ({ title }: ServerHealth): boolean => polled.some((one) => one.title === title);
  return [
    ...servers,
    ...local.filter((server) => isDruidLocal && !isPolled(server)).map((server) => ofStack(server, up)),
  ];
}

function isAt(address: string, port: number): boolean {
  return [`127.0.0.1:${port}`, `localhost:${port}`].includes(address.replace(/^https?:\/\//, '').replace(/\/$/, ''));
}

function ofStack({ title, url, state, detail }: ServerHealth, up: string): ServerStatus {
  return {
    title,
    url,
    state,
    up: state === 'up',
    detail: state === 'up' ? '' : oneLine(detail),
    remedy: { up: '', starting: 'Wait a moment, then run the command again.', down: `${START}: ${up}` }[state],
  };
}

interface Probe {
  readonly title: string;
  readonly address: string;
  /** The environment variable that says where the server is. */
  readonly variable: string;
  readonly call: () => Promise<unknown>;
}

interface PolledServer extends Probe {
  /** Undefined if it answered as it should. */
  readonly failure: unknown;
}

function probesOf(config: Config): readonly Probe[] {
  const druid = createDruidClient(config.druid);
  return [
    {
      title: 'Temporal',
      address: connectOptions(config).connectionOptions.address,
      variable: 'TEMPORAL_ADDRESS',
      // Also the namespace, the right to it and the search attributes.
      call: () => withClient(config, (client) => client.workflow.count(NO_RUN)),
    },
    {
      title: 'Kafka',
      address: config.kafka.brokers.join(','),
      variable: 'KAFKA_BROKERS',
      call: () => askKafka(config.kafka),
    },
    {
      title: 'Druid coordinator',
      address: config.druid.coordinatorUrl,
      variable: 'DRUID_COORDINATOR_URL',
      call: () => druid.supervisors.find('none'),
    },
    {
      title: 'Druid broker',
      address: config.druid.brokerUrl,
      variable: 'DRUID_BROKER_URL',
      call: () => druid.queries.hasDatasource('none'),
    },
  ];
}

/** A frozen broker takes connections, too: only an answer shows that it is up. */
async function askKafka(kafka: KafkaOptions): Promise<void> {
  const topics = await KafkaTopics.connect(kafka);
  try {
    await topics.ask();
  } finally {
    await topics.close();
  }
}

async function ask(probe: Probe): Promise<PolledServer> {
  try {
    await probe.call();
    return { ...probe, failure: undefined };
  } catch (failure) {
    return { ...probe, failure };
  }
}

function explained({ title, address: url, variable, failure }: PolledServer): ServerStatus {
  if (failure === undefined) return { title, url, up: true, state: 'up', detail: '', remedy: '' };
  return { title, url, up: false, state: 'down', ...explain(failure, variable) };
}

function explain(thrown: unknown, variable: string): Pick<ServerStatus, 'detail' | 'remedy'> {
  if (!(thrown instanceof DaybreakError)) return { detail: oneLine(messageOf(thrown)), remedy: 'Read its log.' };
  if (!thrown.code.endsWith('_UNREACHABLE') || thrown.cause instanceof NotTheLeader)
    return { detail: oneLine(thrown.what), remedy: thrown.remedy };
  if (thrown.cause instanceof FailedAnswer) {
    return { detail: oneLine(thrown.what), remedy: `Read its log. If you mean another server, correct ${variable}.` };
  }
  return { detail: `does not answer; if it has another address, set ${variable}`, remedy: `${START}: npx daybreak up` };
}

const LINE_CHARACTERS = 120;

function oneLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length <= LINE_CHARACTERS ? line : `${line.slice(0, LINE_CHARACTERS - 1)}…`;
}
