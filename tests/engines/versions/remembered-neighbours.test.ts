import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDayBuild } from '../../../engines/build-day';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import { until } from '../../integration/support/until';
import { DAY, event, lines, loadExample, scratchFolder } from '../scratch';

const root = scratchFolder();

it('does not take the memory of a neighbouring file for a build of the day', async () => {
  const loaded = await loadExample('events');
  const input = join(root, 'input');
  await mkdir(input);
  const next = join(input, 'names.20261122.00.json');
  await writeFile(join(input, 'names.20261121.07.json'), lines(event(1)));
  await writeFile(next, lines(event(2, '2026-11-22 00:00:00')));
  await runDayBuild(loaded, { date: DAY, input, output: join(root, 'output'), engine: 'duckdb' });
  const { changedAt } = await surveyDay(loaded, root, DAY, { remember: true });
  await until('a later moment', () => Date.now() > Date.parse(changedAt ?? ''), { pauseMs: 5 });
  await appendFile(next, lines(event(3, '2026-11-22 00:00:01')));
  expect((await surveyDay(loaded, root, DAY, { remember: true })).inputs).toBe('unchanged');
  expect((await surveyDay(loaded, root, DAY, { remember: true })).changedAt).toBe(changedAt);
});
