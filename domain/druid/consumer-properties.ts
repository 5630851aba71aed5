/** How Druid's tasks connect to Kafka. */
export interface KafkaOfDruid {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  /** Absent: no TLS. */
  readonly tls?: {
    /** The authorities to trust, in PEM: a path on Druid's own machines. Absent: Java's own. */
    readonly truststoreFile?: string;
    /** The private key and the certificate of the client, in PEM: a path on Druid's own machines. Absent: it has none. */
    readonly keystoreFile?: string;
  };
  /** Absent: the tasks send no name. */
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' };
}

/** The environment variable of Druid's processes that holds their name and password for Kafka. */
export const JAAS_VARIABLE = 'DAYBREAK_KAFKA_JAAS_CONFIG';

/**
 * The Kafka properties of a supervisor's spec. Anybody who may read Druid's console can read them, so they hold no
 * secret.
 */
export function consumerProperties({ brokers, tls, sasl }: KafkaOfDruid) {
  return {
    'bootstrap.servers': brokers.join(','),
    'isolation.level': 'read_committed',
    ...((tls ?? sasl) && { 'security.protocol': `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}` }),
    ...(tls?.truststoreFile !== undefined && {
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': tls.truststoreFile,
    }),
    ...(tls?.keystoreFile !== undefined && {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': tls.keystoreFile,
    }),
    ...(sasl && {
      'sasl.mechanism': sasl.mechanism.toUpperCase(),
      'druid.dynamic.config.provider': { type: 'environment', variables: { 'sasl.jaas.config': JAAS_VARIABLE } },
    }),
  };
}
