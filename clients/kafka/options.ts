/** What the client needs of a logger; pino's fits. */
export interface KafkaLogger {
  debug(attributes: object, message: string): void;
  info(attributes: object, message: string): void;
  warn(attributes: object, message: string): void;
}

/** Where a cluster is, and what it asks of its clients. */
export interface KafkaCluster {
  /** host:port of some brokers of the cluster. */
  readonly brokers: readonly string[];
  /** Absent: without TLS. Texts in PEM: whom to trust instead of the system's authorities, and the client's own. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Absent: without a name. */
  readonly sasl?: Sasl<'plain'> | Sasl<'scram-sha-256'> | Sasl<'scram-sha-512'>;
}

interface Sasl<Mechanism extends string> {
  readonly mechanism: Mechanism;
  readonly username: string;
  readonly password: string;
}

export interface KafkaOptions extends KafkaCluster {
  /** The name in the brokers' logs and quotas. Default: daybreak. */
  readonly clientId?: string;
  /** Default: silence. Failures are thrown, so that nothing here is above a warning. */
  readonly logger?: KafkaLogger;
}

export const SILENT: KafkaLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};
