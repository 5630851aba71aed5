import { join } from 'node:path';
import type { Pipeline } from '../../../domain/pipeline';
import { firstWholeDay } from '../../../engines/input/first-whole-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import { loadExample, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
let count = 0;

/** The first whole day, at a local time in Seoul, with these files. The nights come at 00:30. */
async function firstDay(local: string, ...files: readonly string[]): Promise<string> {
  return firstDayOf((await loadExample('events')).pipeline, local, files);
}

async function firstDayOf(pipeline: Pipeline, local: string, files: readonly string[]): Promise<string> {
  count += 1;
  const input = join(root, String(count));
  await writeFiles(input, Object.fromEntries(files.map((file) => [`names.${file}.json`, ''])));
  return firstWholeDay(pipeline, input, { scratch: root }, new Date(`${local}+09:00`));
}

it.each([
  ['a pipeline that started at noon begins tomorrow', '2026-11-21T15:00:00', ['20261121.12', '20261121.13'], '22'],
  ['one with files since midnight begins today', '2026-11-21T15:00:00', ['20261121.00', '20261121.13'], '21'],
  ['one without files begins tomorrow', '2026-11-21T15:00:00', [], '22'],
  ['yesterday counts if its night is still to come', '2026-11-21T00:10:00', ['20261120.00', '20261120.23'], '20'],
  ['and only if it is whole', '2026-11-21T00:10:00', ['20261120.12', '20261121.00'], '21'],
  ['yesterday does not count after its night', '2026-11-21T00:40:00', ['20261120.00', '20261121.00'], '21'],
  ['today counts before its first file is due, if yesterday has files', '2026-11-21T00:40:00', ['20261120.22'], '21'],
  ['and no longer when that file is overdue', '2026-11-21T02:10:00', ['20261120.22', '20261120.23'], '22'],
])('%s', async (_, now, files, day) => {
  expect(await firstDay(now, ...files)).toBe(`2026-11-${day}`);
});

it.each([
  ['a file a day, which comes when the day is over: today', '2026-11-21T15:00:00', ['20261120'], '21'],
  ['yesterday, whose night and file are still to come', '2026-11-21T00:10:00', ['20261119'], '20'],
  ['without files of the day before: tomorrow', '2026-11-21T15:00:00', ['20261119'], '22'],
])('%s', async (_, now, files, day) => {
  const folder = await pipelineLike('events', join(root, `daily-${count}`), {
    'pipeline.yaml': (text) => text.replace(/pattern: .*/, `pattern: 'names.%Y%m%d.json'`),
  });
  const { pipeline } = await loadPipeline(folder);
  expect(await firstDayOf(pipeline, now, files)).toBe(`2026-11-${day}`);
});
