export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Druid's processes get them when the shared servers start; the Kafka that asks for them is started by its test. */
export const KAFKA_CREDENTIALS: Credentials = { username: 'daybreak', password: 'correct-horse-battery' };

/** How Kafka's Java clients are told a name and a password. */
export function jaasConfig({ username, password }: Credentials): string {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return `${module} required username="${username}" password="${password}";`;
}
