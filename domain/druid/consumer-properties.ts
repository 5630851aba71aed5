/** How Druid's tasks reach Kafka. */
export interface KafkaOfDruid {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  /** Absent: without TLS. */
  readonly tls?: {
    /** Of authorities to trust, in PEM, as Druid's own machines see it; absent: Java's own. */
    readonly truststoreFile?: string;
  };
  /** Absent: without a name. */
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' };
}

/** The environment variable of Druid's processes from which their name and password for Kafka come. */
export const JAAS_VARIABLE = 'DAYBREAK_KAFKA_JAAS_CONFIG';

/** What a supervisor's spec says of Kafka. Anybody who may read Druid's console reads it: no secret is in it. */
export function consumerProperties({ brokers, tls, sasl }: KafkaOfDruid) {
  return {
    'bootstrap.servers': brokers.join(','),
    'isolation.level': 'read_committed',
    ...((tls ?? sasl) && { 'security.protocol': `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}` }),
    ...(tls?.truststoreFile !== undefined && {
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': tls.truststoreFile,
    }),
    ...(sasl && {
      'sasl.mechanism': sasl.mechanism.toUpperCase(),
      'druid.dynamic.config.provider': { type: 'environment', variables: { 'sasl.jaas.config': JAAS_VARIABLE } },
    }),
  };
}
