import { createDruidClient } from '../clients/druid';
import { KafkaTopics } from '../clients/kafka/topics';
import { messageOf } from '../domain/errors';
import type { Config } from '../worker/config';
import { withClient } from '../worker/connect';
import { hasStack, stackHealth } from './stack';

export interface ServerStatus {
  readonly title: string;
  readonly url: string;
  readonly up: boolean;
  /** What is wrong; empty where nothing is. */
  readonly detail: string;
}

/** The local stack's servers where there is one here, else those that the configuration names. */
export async function serverStatus(config: Config, portBase: number | undefined): Promise<ServerStatus[]> {
  if (!hasStack({ portBase })) return probe(config);
  const servers = await stackHealth({ portBase });
  return servers.map(({ title, url, state, detail }) => ({
    title,
    url,
    up: state === 'up',
    detail: state === 'up' ? '' : `${state}: ${detail}`,
  }));
}

async function probe(config: Config): Promise<ServerStatus[]> {
  const druid = createDruidClient(config.druid);
  const probes: readonly [string, string, () => Promise<unknown>][] = [
    ['Temporal', config.temporal.address, () => withClient(config, () => Promise.resolve())],
    ['Kafka', config.kafka.brokers.join(','), async () => (await KafkaTopics.connect(config.kafka)).close()],
    ['Druid coordinator', config.druid.coordinatorUrl, () => druid.supervisors.find('none')],
    ['Druid broker', config.druid.brokerUrl, () => druid.queries.hasDatasource('none')],
  ];
  return Promise.all(
    probes.map(async ([title, url, call]) => {
      try {
        await call();
        return { title, url, up: true, detail: '' };
      } catch (thrown) {
        return { title, url, up: false, detail: messageOf(thrown) };
      }
    }),
  );
}
