import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { pipelineSchema, type Compression } from '../../../domain/pipeline';
import { runDayBuild } from '../../../engines/build-day';
import { figuresOfFile } from '../../../engines/duckdb/figures';
import { withRowsReader } from '../../../engines/duckdb/rows-of-file';
import { DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
/** Node has it since 22.15. */
const HAS_ZSTD = 'createZstdCompress' in zlib;

async function build(compression: Compression) {
  const [input, output] = [join(root, 'input'), join(root, compression)];
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1), event(2), event(2)) });
  const example = await loadExample('events');
  const loaded = { ...example, pipeline: pipelineSchema.parse({ ...example.pipeline, output: { compression } }) };
  const { hours } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
  const { file = '', written } = hours.find(({ hour }) => hour === '07') ?? {};
  const figures = await withRowsReader(loaded.pipeline, { scratch: root, columns: loaded.outputColumns }, (reader) =>
    figuresOfFile(reader, loaded.outputColumns, join(output, DAY, file)),
  );
  return { file, written, figures };
}

it.each([
  ['gzip', '.gz', true],
  ['zstd', '.zst', HAS_ZSTD],
] as const)('writes rows in %s that the proof reads, or says which Node can', async (compression, ending, canBe) => {
  const plain = await build('none');
  if (canBe) expect(await build(compression)).toEqual({ ...plain, file: `${plain.file}${ending}` });
  else
    await expect(build(compression)).rejects.toMatchObject({
      code: 'MISSING_TOOL',
      remedy: expect.stringContaining('22.15') as string,
    });
});
