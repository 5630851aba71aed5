import { join } from 'node:path';
import { runDayBuild } from '../../engines/build-day';
import { expectWholeDayThrough } from './kills';
import { DAY, event, lines, loadExample, scratchFolder, writeFiles } from './scratch';

/** Each takes a second. */
const KILLS = Number(process.env['DAYBREAK_KILLS'] ?? 8);
const root = scratchFolder();

it(`keeps one whole day through ${KILLS} kills at random points`, async () => {
  const [input, output] = [join(root, 'input'), join(root, 'output')];
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
  await runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });
  await expectWholeDayThrough(KILLS, input, output);
});
