import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../../../../scripts/stack/lock';
import { scratchFolder } from '../../../engines/scratch';
import { type Ended, endOf, startDaybreak } from '../run-daybreak';

const root = scratchFolder();

/** The command's end by Ctrl-C once it has said that it waits, because another command holds the lock of its stack. */
async function interrupted(args: readonly string[]): Promise<Ended> {
  const stack = join(root, args[0] ?? '');
  await mkdir(stack);
  return withLock(stack, async () => {
    const child = startDaybreak(args, { DAYBREAK_STACK: stack, DAYBREAK_PORT_BASE: undefined });
    const ended = endOf(child);
    if (child.stderr !== null) await once(child.stderr, 'data');
    child.kill('SIGINT');
    return ended;
  });
}

it.each([
  [
    ['up', '--port-base', '20000', '--storage', 's3'],
    'The servers that have started stay up. Start the others: npx daybreak up --port-base 20000 --storage s3. Stop them all: npx daybreak down --port-base 20000',
  ],
  [
    ['down', '--port-base', '20000', '--wipe'],
    'Some servers may still run. Stop them: npx daybreak down --port-base 20000 --wipe',
  ],
])('%j says for which process it waits, and on Ctrl-C what is left and how to go on', async (args, said) => {
  const { code, stdout, stderr } = await interrupted(args);
  expect([code, stdout]).toEqual([130, '']);
  const [waiting, ...rest] = stderr.split('\n');
  expect(waiting).toMatch(new RegExp(`^Local servers: waiting for .* \\(process ${process.pid}\\) \\(\\d`));
  expect(rest.join('\n')).toBe(`\n${said}\n`);
});
