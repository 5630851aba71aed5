import { DuckDBInstance } from '@duckdb/node-api';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { locationOf, openStorage } from '../../../clients/storage';
import { runDayBuild } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import { DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from '../../engines/scratch';
import type { Ended } from '../../scripts/cli/run-daybreak';
import { runMain } from '../../scripts/cli/run-main';
import { KINDS, usePlace } from './places';

const root = scratchFolder();
const [pipelines, data] = [join(root, 'pipelines'), join(root, 'data')];
usePlace('versitygw');
const [input, output] = [KINDS.S3.location(), KINDS.S3.location()];
const FILES = ['names.20261121.07.json', 'names.20261121.08.json.gz', 'names.20261121.09.json.zst'];

const run = (line: string): Promise<Ended> =>
  runMain(line.split(' '), { DAYBREAK_PIPELINES: pipelines, DAYBREAK_DATA: data });

/** Events of one hour, of which the last one has an id that is text. */
const eventsOf = (hour: string): string =>
  lines(...['1', '2', '"x"'].map((id, second) => event(id, `2026-11-21 ${hour}:00:0${second}`)));

/** DuckDB writes the file, since not every Node can. */
async function zstd(text: string): Promise<Buffer> {
  await writeFiles(root, { 'plain.txt': text });
  const [plain, packed] = [join(root, 'plain.txt'), join(root, 'packed.zst')];
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT unnest(string_split(rtrim(content, chr(10)), chr(10))) FROM read_text('${plain}'))
     TO '${packed}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\t', COMPRESSION zstd)`,
  );
  instance.closeSync();
  return readFile(packed);
}

beforeAll(async () => {
  const folder = await pipelineLike('events', pipelines, {
    'pipeline.yaml': (yaml) =>
      `${yaml.replace(/^files:$/m, `files:\n  location: ${input}`)}\noutput:\n  location: ${output}\n`,
  });
  const contents = [Buffer.from(eventsOf('07')), gzipSync(eventsOf('08')), await zstd(eventsOf('09'))];
  const storage = await openStorage(locationOf(input));
  for (const [index, content] of contents.entries()) await storage.write(FILES[index] ?? '', content);
  storage.close();
  const day = { date: DAY, input, output, scratch: join(root, 'scratch'), engine: 'duckdb' } as const;
  await runDayBuild(await loadPipeline(folder), day);
});

interface Shown {
  readonly input: string;
  readonly rows: readonly { readonly time: string }[];
  readonly bad: readonly { readonly file: string; readonly line: number }[];
}

it.each(['', ` --date ${DAY}`])('previews plain and compressed files in S3: pipeline preview%s', async (date) => {
  const { code, stdout, stderr } = await run(`pipeline preview --pipeline events${date} --json`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const shown = JSON.parse(stdout) as Shown;
  expect(shown.input.replace(/\/$/, '')).toBe(input);
  expect(shown.rows.map(({ time }) => time.slice(11, 13))).toEqual(['07', '07', '08', '08', '09', '09']);
  expect(shown.bad.map(({ file, line }) => [file, line])).toEqual(FILES.map((file) => [file, 3]));
});

it('lists and shows the bad records of a day in S3', async () => {
  const listed = await run(`quarantine list --pipeline events --from ${DAY} --to ${DAY} --json`);
  expect({ code: listed.code, stderr: listed.stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(listed.stdout)).toMatchObject({ days: [{ date: DAY, records: FILES.length }] });
  const { code, stdout, stderr } = await run(`quarantine show --pipeline events --date ${DAY}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const file of FILES) expect(stdout).toContain(file);
});
