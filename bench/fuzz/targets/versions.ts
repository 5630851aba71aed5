import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { runDayBuild } from '../../../engines/build-day';
import { unchangedDay } from '../../../engines/versions/previous-build';
import { loadPipeline } from '../../../engines/load-pipeline';
import { readCurrent } from '../../../engines/versions/day-output';
import { withOutput } from '../../../engines/versions/open-output';
import { unlessRefused, type Target } from '../target';

const DATE = parseBusinessDate('2026-11-21');
const EVENT = '{"hello":"a","id":1,"time":"2026-11-21 07:00:00"}\n';

/** A file of a published day. The first byte says which one. The others are as a build wrote them. */
export async function open(): Promise<Target> {
  const root = await mkdtemp(join(tmpdir(), 'daybreak-fuzz-'));
  const [input, output] = [join(root, 'input'), join(root, 'output')];
  const loaded = await loadPipeline('pipelines/events');
  const at = { date: DATE, input, output, engine: 'duckdb' } as const;
  await mkdir(input);
  await writeFile(join(input, 'names.20261121.07.json'), EVENT);
  await runDayBuild(loaded, at);
  const folder = await realpath(join(output, DATE));
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json') || name.endsWith('.ndjson'));
  const contents = await Promise.all(files.map((name) => readFile(join(folder, name))));
  return {
    seeds: contents.map((content, index) => Buffer.concat([Buffer.from([index]), content])),
    words: [
      ...new Set(contents.flatMap((content) => content.toString().match(/"[^"\\]*"/g) ?? [])),
      ...['null', '{}', '[]', '-1', '1e999', '"../../x"', ',', ':'],
    ],
    async read(bytes) {
      const index = (bytes[0] ?? 0) % files.length;
      const [name = '', content = Buffer.alloc(0)] = [files[index], contents[index]];
      await writeFile(join(folder, name), bytes.subarray(1));
      try {
        await unlessRefused(['UNREADABLE_VERSION', 'UNREADABLE_INPUT', 'OUTPUT_FAILED', 'NOT_BUILT'], async () => {
          await withOutput({ location: output }, DATE, readCurrent);
          await unchangedDay(loaded, at);
        });
      } finally {
        await writeFile(join(folder, name), content);
      }
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}
