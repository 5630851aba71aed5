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

/** On a terminal as far as the bars can see. */
const SHOWS_A_BAR = `
const { whileItGoesOn } = require('./scripts/output/going-on.ts');
process.stderr.isTTY = true;
process.env.TERM = 'xterm';
const { daysSummary } = require('./scripts/output/days-progress.ts');
const shown = daysSummary();
void whileItGoesOn('Follow it again: npx daybreak x.', () => {
  shown.report({ requested: 4, completed: 1, failed: [], running: ['2026-11-21'] });
  process.stdout.write('following');
  return new Promise(() => undefined);
}, shown.end);`;

async function endBy(signal: NodeJS.Signals, script: string): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = text(child.stderr);
  await once(child.stdout, 'data');
  child.kill(signal);
  const [code] = (await once(child, 'exit')) as [number];
  return { code, said: await said };
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('says on %s that the work goes on, and how to follow it again', async (signal, code) => {
  expect(await endBy(signal, FOLLOWS)).toEqual({ code, said: '\nIt goes on. Follow it again: npx daybreak x.\n' });
});

it('gives the terminal its cursor and the wrapping of its lines back', async () => {
  const { said } = await endBy('SIGINT', SHOWS_A_BAR);
  const last = (on: string, off: string): boolean => said.lastIndexOf(on) > said.lastIndexOf(off);
  expect(said).toContain('\u001b[?25l');
  expect(said).toContain('\u001b[?7l');
  expect([last('\u001b[?25h', '\u001b[?25l'), last('\u001b[?7h', '\u001b[?7l')]).toEqual([true, true]);
  expect(said).toMatch(/\nIt goes on\. .*\n$/);
});
