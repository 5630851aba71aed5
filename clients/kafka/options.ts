/** What the client needs of a logger; pino's fits. */
export interface KafkaLogger {
  debug(attributes: object, message: string): void;
  info(attributes: object, message: string): void;
  warn(attributes: object, message: string): void;
}

export interface KafkaOptions {
  /** host:port of some brokers of the cluster. */
  readonly brokers: readonly string[];
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
