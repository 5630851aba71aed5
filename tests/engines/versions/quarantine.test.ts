import { spawnSync } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DayManifest } from '../../../domain/day-manifest';
import { DAY, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const MEBIBYTE = 1024 ** 2;

/** Builds the day in a process of its own, and reports by how much its memory grew. */
const CHILD = `
import { runDayBuild } from ${JSON.stringify(join(process.cwd(), 'engines/build-day'))};
import { loadPipeline } from ${JSON.stringify(join(process.cwd(), 'engines/load-pipeline'))};
const [input, output] = process.argv.slice(2);
(async () => {
  const pipeline = await loadPipeline('pipelines/events');
  const options = { date: '${DAY}', output, engine: 'duckdb', threads: 1, memoryLimit: 256 * ${MEBIBYTE} };
  await runDayBuild(pipeline, { ...options, input: input + '/few' });
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  let most = 0;
  setInterval(() => { most = Math.max(most, process.memoryUsage().heapUsed); }, 5).unref();
  const { counts } = await runDayBuild(pipeline, { ...options, input: input + '/many' });
  process.stdout.write(JSON.stringify({ counts, grown: most - before }));
})();
`;

it('does not hold the bad records of a day in memory', async () => {
  const script = join(root, 'child.ts');
  await writeFile(script, CHILD);
  const bad = (hour: string) => Array.from({ length: 300_000 }, (_, id) => `{"bad":"${hour}","line":${id}\n`).join('');
  await writeFiles(join(root, 'few'), { 'names.20261121.07.json': 'bad' });
  await writeFiles(join(root, 'many'), {
    'names.20261121.07.json': bad('07'),
    'names.20261121.08.json': bad('08'),
  });
  const output = join(root, 'output');
  const node = ['--expose-gc', '--max-semi-space-size=1', '--import', 'tsx', script, root, output];
  const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const { counts, grown } = JSON.parse(stdout) as Pick<DayManifest, 'counts'> & { readonly grown: number };
  expect(counts).toMatchObject({ read: 600_000, quarantined: 600_000 });
  expect((await stat(join(output, DAY, '_quarantine.ndjson'))).size).toBeGreaterThan(60 * MEBIBYTE);
  expect(grown).toBeLessThan(256 * MEBIBYTE);
});
