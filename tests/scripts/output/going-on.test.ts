import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const FOLLOWS = `
const { whileItGoesOn } = require('./scripts/output/going-on.ts');
setInterval(() => undefined, 1_000);
void whileItGoesOn('Follow it again: npx daybreak x.', () => {
  process.stdout.write('following');
  return new Promise(() => undefined);
});`;

it('says on Ctrl-C that the work goes on, and how to follow it again', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', FOLLOWS], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = text(child.stderr);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
  expect(await said).toBe('\nIt goes on. Follow it again: npx daybreak x.\n');
});
