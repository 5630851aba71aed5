import { rm } from 'node:fs/promises';
import { stopStack } from '../../../scripts/stack';
import { ownFolder } from './test-stacks';

export default async function globalTeardown(): Promise<void> {
  const directory = process.env['DAYBREAK_TEST_STACK_DIRECTORY'];
  if (directory === undefined) return;
  await stopStack({ directory, wipe: true });
  await rm(await ownFolder(), { recursive: true, force: true });
}
