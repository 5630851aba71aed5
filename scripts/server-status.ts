import { createDruidClient } from '../clients/druid';
import { KafkaTopics } from '../clients/kafka/topics';
import { DaybreakError, messageOf } from '../domain/errors';
import type { Config } from '../worker/config';
import { withClient } from '../worker/connect';
import { hasStack, stackHealth } from './stack';

export interface ServerStatus {
  readonly title: string;
  readonly url: string;
  readonly up: boolean;
  /** `starting`: its process runs and does not answer as it should. */
  readonly state: 'up' | 'starting' | 'down';
  /** What is wrong, in one line; empty where nothing is. */
  readonly detail: string;
  /** What to do, in one sentence; empty where nothing is wrong. */
  readonly remedy: string;
}

const START = 'Start what is down';

/** The local stack's servers where there is one here, else those that the configuration names. */
export async function serverStatus(config: Config, portBase: number | undefined): Promise<ServerStatus[]> {
  if (!hasStack({ portBase })) return probe(config);
  const up = portBase === undefined ? 'npx daybreak up' : `npx daybreak up --port-base ${portBase}`;
  const servers = await stackHealth({ portBase });
  return servers.map(({ title, url, state, detail }) => ({
    title,
    url,
    state,
    up: state === 'up',
    detail: state === 'up' ? '' : oneLine(detail),
    remedy: { up: '', starting: 'Wait a moment, then look again.', down: `${START}: ${up}` }[state],
  }));
}

async function probe(config: Config): Promise<ServerStatus[]> {
  const druid = createDruidClient(config.druid);
  const probes: readonly Probe[] = [
    {
      title: 'Temporal',
      url: config.temporal.address,
      variable: 'TEMPORAL_ADDRESS',
      call: () => withClient(config, () => Promise.resolve()),
    },
    {
      title: 'Kafka',
      url: config.kafka.brokers.join(','),
      variable: 'KAFKA_BROKERS',
      call: async () => (await KafkaTopics.connect(config.kafka)).close(),
    },
    {
      title: 'Druid coordinator',
      url: config.druid.coordinatorUrl,
      variable: 'DRUID_COORDINATOR_URL',
      call: () => druid.supervisors.find('none'),
    },
    {
      title: 'Druid broker',
      url: config.druid.brokerUrl,
      variable: 'DRUID_BROKER_URL',
      call: () => druid.queries.hasDatasource('none'),
    },
  ];
  return Promise.all(
    probes.map(async ({ title, url, variable, call }): Promise<ServerStatus> => {
      try {
        await call();
        return { title, url, up: true, state: 'up', detail: '', remedy: '' };
      } catch (thrown) {
        return { title, url, up: false, state: 'down', ...explain(thrown, variable) };
      }
    }),
  );
}

interface Probe {
  readonly title: string;
  readonly url: string;
  /** Of the environment, which says where the server is. */
  readonly variable: string;
  readonly call: () => Promise<unknown>;
}

function explain(thrown: unknown, variable: string): Pick<ServerStatus, 'detail' | 'remedy'> {
  if (!(thrown instanceof DaybreakError)) return { detail: oneLine(messageOf(thrown)), remedy: 'Look at its log.' };
  if (!thrown.code.endsWith('_UNREACHABLE')) return { detail: oneLine(thrown.what), remedy: thrown.remedy };
  return { detail: `does not answer; where it runs elsewhere, set ${variable}`, remedy: `${START}: npx daybreak up` };
}

const LINE_CHARACTERS = 120;

function oneLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length <= LINE_CHARACTERS ? line : `${line.slice(0, LINE_CHARACTERS - 1)}…`;
}
