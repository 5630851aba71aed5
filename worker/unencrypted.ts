import type { DruidCluster } from '../clients/druid';
import type { KafkaCluster } from '../clients/kafka';
import { DaybreakError } from '../domain/errors';
import { hostOf, isLoopback } from './addresses';

/** Variables that only make sense with TLS, and one that allows passwords without it. */
interface Given {
  readonly KAFKA_TLS_CA_FILE?: string | undefined;
  readonly KAFKA_TLS_CERTIFICATE_FILE?: string | undefined;
  readonly DRUID_KAFKA_TRUSTSTORE_FILE?: string | undefined;
  readonly DRUID_KAFKA_KEYSTORE_FILE?: string | undefined;
  readonly DRUID_TLS_CA_FILE?: string | undefined;
  readonly DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS: boolean;
}

const ONLY_WITH_TLS = [
  'KAFKA_TLS_CA_FILE',
  'KAFKA_TLS_CERTIFICATE_FILE',
  'DRUID_KAFKA_TRUSTSTORE_FILE',
  'DRUID_KAFKA_KEYSTORE_FILE',
] as const;

/**
 * Refuses settings that look encrypted but are not, and a password that would cross a network unencrypted. Throws
 * BAD_CONFIGURATION, which names the variable.
 */
export function refuseUnencrypted(given: Given, kafka: KafkaCluster, druid: DruidCluster): void {
  const urls = [druid.coordinatorUrl, druid.brokerUrl].map((address) => new URL(address));
  if (kafka.tls === undefined) {
    for (const name of ONLY_WITH_TLS) {
      refuseIdle(name, given[name], 'the TLS of Kafka is off', 'Set KAFKA_TLS=true');
    }
  }
  if (urls.every(({ protocol }) => protocol === 'http:')) {
    refuseIdle(
      'DRUID_TLS_CA_FILE',
      given.DRUID_TLS_CA_FILE,
      `Druid's addresses are ${urls.map(({ origin }) => origin).join(' and ')}`,
      'Give DRUID_COORDINATOR_URL and DRUID_BROKER_URL with https',
    );
  }
  if (given.DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS) return;
  // SCRAM sends no password.
  if (kafka.tls === undefined && kafka.sasl?.mechanism === 'plain') {
    const broker = kafka.brokers.find((each) => !isLoopback(hostOf(each)));
    refusePlaintext('KAFKA_SASL_PASSWORD', broker?.trim(), 'Set KAFKA_TLS=true or another KAFKA_SASL_MECHANISM');
  }
  if (druid.auth !== undefined) {
    const url = urls.find(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname));
    refusePlaintext('DRUID_PASSWORD', url?.origin, 'Give DRUID_COORDINATOR_URL and DRUID_BROKER_URL with https');
  }
}

/** A person who sets a file that only TLS uses believes that TLS is on. */
function refuseIdle(name: string, value: string | undefined, why: string, remedy: string): void {
  if (value === undefined) return;
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `${name} is set, but ${why}: nothing would be encrypted`,
    remedy: `${remedy}, or unset ${name}.`,
  });
}

function refusePlaintext(name: string, address: string | undefined, remedy: string): void {
  if (address === undefined) return;
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `${name} would go unencrypted to ${address}`,
    remedy: `${remedy}; if the network between is yours alone, or encrypts by itself, set DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS=true.`,
  });
}
