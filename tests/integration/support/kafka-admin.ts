import { type Admin, Kafka, logLevel } from 'kafkajs';

/** Calls kafkajs's own administration client, for what the project's client does not do. */
export async function withAdmin(brokers: readonly string[], call: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await call(admin);
  } finally {
    await admin.disconnect();
  }
}
