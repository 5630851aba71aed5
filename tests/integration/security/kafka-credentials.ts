export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Druid's processes get them when the shared servers start. A test starts the Kafka that asks for them. */
export const KAFKA_CREDENTIALS: Credentials = { username: 'daybreak', password: 'correct-horse-battery' };

/** A name and password in the form that Kafka's Java clients read. */
export function jaasConfig({ username, password }: Credentials): string {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return `${module} required username="${username}" password="${password}";`;
}
