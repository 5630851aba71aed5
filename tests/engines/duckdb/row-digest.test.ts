import { join } from 'node:path';
import { contentOf, type Content } from '../../../engines/duckdb/row-digest';
import { loadPipeline } from '../../../engines/load-pipeline';
import { scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

async function contentOfTime(time: string | number): Promise<Content> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const iso = { ...pipeline, events: { ...pipeline.events, time: { column: 'time', format: 'iso' } } } as const;
  await writeFiles(root, { 'rows.ndjson': `${JSON.stringify({ time })}\n` });
  return contentOf(iso, [{ name: 'time', type: 'VARCHAR' }], { file: join(root, 'rows.ndjson'), scratch: root });
}

// As Druid has them: TIME_PARSE gives these milliseconds.
it.each([
  ['2026-11-21T07:00:00Z', 1795244400000],
  ['2026-11-21T07:00:00.123456789+0900', 1795212000123],
  ['2026-11-21T07:00:00.9999999+09:00', 1795212000999],
  ['1969-12-31T23:59:59.9999-0330', 12599999],
  ['1969-12-31T23:59:59.9999999Z', -1],
])('compares an ISO time as the instant that Druid keeps: %s', async (written, kept) => {
  expect(await contentOfTime(written)).toEqual(await contentOfTime(kept));
});
