import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../../scripts/stack/lock';
import { scratchFolder } from '../../../engines/scratch';
import { type Ended, endOf, startDaybreak } from '../run-daybreak';

const root = scratchFolder();
const preload = join(root, 'preload.cjs');

/** The command's end by Ctrl-C while another command holds the lock of its stack. */
async function interrupted(args: readonly string[]): Promise<Ended> {
  const stack = join(root, args[0] ?? '');
  const ready = `${stack}.ready`;
  await mkdir(stack);
  await writeFile(
    preload,
    `process.on('newListener', (event, { name }) => { if (name === 'caught') require('fs').writeFileSync(process.env.READY, ''); });`,
  );
  return withLock(stack, async () => {
    const environment = { DAYBREAK_STACK: stack, DAYBREAK_PORT_BASE: undefined, READY: ready };
    const child = startDaybreak(args, { ...environment, NODE_OPTIONS: `--require ${preload}` });
    const ended = endOf(child);
    while (!existsSync(ready)) await sleep(50);
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
])('%j says on Ctrl-C what is left and how to go on', async (args, said) => {
  expect(await interrupted(args)).toEqual({ code: 130, stdout: '', stderr: `\n${said}\n` });
});
