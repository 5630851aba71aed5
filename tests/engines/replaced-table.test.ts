import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDayBuild } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';
import { contentsOf, DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();

it('builds no hours of a table that is another one than that which the manifest would name', async () => {
  const [input, output] = [join(root, 'input'), join(root, 'output')];
  const folder = await pipelineLike('events', root);
  const at = (hour: string, id: number): string => event(id, `2026-11-21 ${hour}:00:00`);
  await writeFiles(input, {
    'names.20261121.07.json': lines(at('07', 1)),
    'names.20261121.08.json': lines(at('08', 1)),
  });
  const day = { date: DAY, input, output, engine: 'duckdb' } as const;
  await runDayBuild(await loadPipeline(folder), day);
  const before = await contentsOf(output, DAY);

  const loaded = await loadPipeline(folder);
  await writeFiles(input, { 'names.20261121.08.json': lines(at('08', 1), at('08', 11)) });
  const table = join(folder, 'names.ndjson');
  await writeFile(table, (await readFile(table, 'utf8')).replace('Barbara', 'Other'));
  await expect(runDayBuild(loaded, day)).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
  expect(await contentsOf(output, DAY)).toEqual(before);
  await runDayBuild(await loadPipeline(folder), day);
  expect((await contentsOf(output, DAY))['07.ndjson']).toContain('Other');
});
