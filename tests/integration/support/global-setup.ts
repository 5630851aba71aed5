import { createProgress, startStack } from '../../../scripts/stack';
import { JAAS_VARIABLE } from '../../../domain/druid/consumer-properties';
import { jaasConfig, KAFKA_CREDENTIALS } from '../security/kafka-credentials';
import { clearLeftovers, freePortBase, ownFolder } from './test-stacks';

/** Starts the servers of this test run, or uses the running ones at the port base in DAYBREAK_TEST_STACK. */
export default async function globalSetup(): Promise<void> {
  const running = process.env['DAYBREAK_TEST_STACK'];
  if (running !== undefined && running !== '') {
    process.env['DAYBREAK_PORT_BASE'] = running;
    return;
  }
  await clearLeftovers();
  const portBase = await freePortBase();
  const directory = `${await ownFolder()}/shared`;
  process.env['DAYBREAK_PORT_BASE'] = `${portBase}`;
  process.env['DAYBREAK_TEST_STACK_DIRECTORY'] = directory;
  process.env[JAAS_VARIABLE] = jaasConfig(KAFKA_CREDENTIALS);
  await startStack({ portBase, directory, progress: createProgress() });
}
