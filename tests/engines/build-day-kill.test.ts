import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDayBuild } from '../../engines/build-day';
import { readPublishedDay } from '../../engines/versions/published-day';
import { DAY, event, lines, loadExample, scratchFolder, writeFiles } from './scratch';

const KILLS = 50;

/** Builds the day repeatedly, alternating between two inputs, until it is killed. */
const CHILD = `
import { writeFileSync } from 'node:fs';
import { runDayBuild } from ${JSON.stringify(join(process.cwd(), 'engines/build-day'))};
import { loadPipeline } from ${JSON.stringify(join(process.cwd(), 'engines/load-pipeline'))};
const [input, output] = process.argv.slice(2);
const record = (id, hour) => JSON.stringify({ hello: 'x', id, time: '2026-11-21 ' + hour + ':00:00' }) + '\\n';
(async () => {
  const pipeline = await loadPipeline('pipelines/events');
  process.stdout.write('ready');
  for (let round = 0; ; round += 1) {
    for (const hour of ['07', '08', '09']) {
      const text = Array.from({ length: 50 }, (_, id) => record(id + 1000 * (round % 3), hour)).join('');
      writeFileSync(input + '/names.20261121.' + hour + '.json', text);
    }
    await runDayBuild(pipeline, { date: '2026-11-21', input, output, engine: 'duckdb' });
  }
})();
`;

it(`keeps one whole day through ${KILLS} kills at random points`, async () => {
  const root = scratchRoot;
  const [input, output, script] = [join(root, 'input'), join(root, 'output'), join(root, 'child.ts')];
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
  await writeFile(script, CHILD);
  await runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });
  const seen = new Set<string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, ['--import', 'tsx', script, input, output], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    await sleep(Math.random() * 400);
    child.kill('SIGKILL');
    await ended;
    seen.add(await expectWholeDay(output));
  }
  // Otherwise the kills came before anything was published, and proved nothing.
  expect(seen.size).toBeGreaterThan(1);
  await runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb', force: true });
  expect((await readdir(join(output, '.versions', DAY))).filter((name) => name.startsWith('.'))).toEqual([]);
}, 300_000);

const scratchRoot = scratchFolder();

async function expectWholeDay(output: string): Promise<string> {
  const day = await readPublishedDay(output, DAY);
  if (day === undefined) throw new Error('the day is gone');
  expect(day.manifest.hours).toHaveLength(24);
  for (const { file, sha256 } of day.manifest.hours) {
    const content = await readFile(join(day.folder, file));
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  }
  return day.folder;
}
