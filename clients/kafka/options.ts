/** The logger that the client needs. pino's fits. */
export interface KafkaLogger {
  debug(attributes: object, message: string): void;
  info(attributes: object, message: string): void;
  warn(attributes: object, message: string): void;
}

/** The addresses of a cluster, and what it requires of its clients. */
export interface KafkaCluster {
  /** host:port of some brokers of the cluster. */
  readonly brokers: readonly string[];
  /**
   * Absent: no TLS. Texts in PEM: the authorities to trust instead of the system's, and the client's own certificate
   * and key.
   */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Absent: the client sends no name. */
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
  /** Default: no logging. Failures are thrown, so nothing is logged above a warning. */
  readonly logger?: KafkaLogger;
}

export const SILENT: KafkaLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};
