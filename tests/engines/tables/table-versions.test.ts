import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseBusinessDate } from '../../../domain/business-date';
import { loadPipeline } from '../../../engines/load-pipeline';
import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import { tableVersions } from '../../../engines/tables/table-versions';
import { DAY, event, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const LATER = parseBusinessDate('2026-12-01');
const PATTERN = 'names.%Y-%m-%d.ndjson';
const named = (name: string): string => `{"uid":1,"name":"${name}"}\n`;

async function folderWith(files: Readonly<Record<string, string | Buffer>>, pattern = PATTERN): Promise<string> {
  const folder = await pipelineLike('events', root, {
    'pipeline.yaml': (text) => text.replace('file: names.ndjson', `file: '${pattern}'`),
  });
  await writeFiles(folder, files);
  return folder;
}

async function nameOn(folder: string, day: typeof DAY): Promise<unknown> {
  const transform = await openMicroBatch(await loadPipeline(folder, day));
  const { messages } = await transform.run([Buffer.from(event(1))]);
  transform.close();
  return (JSON.parse(messages[0]?.value ?? '') as { user_name: unknown }).user_name;
}

const VERSIONS = {
  'names.2026-11-01.ndjson': named('first'),
  'names.2026-11-21.ndjson': named('second'),
  'names.2026-11-22.ndjson': named('third'),
};

it('takes the latest version at or before the day', async () => {
  const folder = await folderWith(VERSIONS);
  expect(await nameOn(folder, parseBusinessDate('2026-11-01'))).toBe('first');
  expect(await nameOn(folder, parseBusinessDate('2026-11-20'))).toBe('first');
  expect(await nameOn(folder, DAY)).toBe('second');
  expect(await nameOn(folder, LATER)).toBe('third');
  expect((await loadPipeline(folder, DAY)).tables['names']).toMatchObject({ file: 'names.2026-11-21.ndjson' });
});

it('takes a compressed version, and folders by date', async () => {
  const pattern = 'tables/%Y/%m/names.%d.ndjson.gz';
  const folder = await folderWith({ 'tables/2026/11/names.20.ndjson.gz': gzipSync(named('packed')) }, pattern);
  expect(await nameOn(folder, DAY)).toBe('packed');
});

it('passes over files that are no version', async () => {
  const folder = await folderWith({
    ...VERSIONS,
    'names.2026-11-31.ndjson': 'no day',
    'names.2026-11-21.ndjson.tmp': 'half written',
    'old/names.2026-11-21.ndjson': 'elsewhere',
  });
  await mkdir(join(folder, 'names.2026-11-30.ndjson'));
  expect(await nameOn(folder, LATER)).toBe('third');
});

it('says what is missing for a day before the first version, and a command that helps', async () => {
  const folder = await folderWith(VERSIONS);
  const early = parseBusinessDate('2026-10-31');
  await expect(loadPipeline(folder, early)).rejects.toMatchObject({
    code: 'BAD_TABLE',
    what: `the table names has no version for 2026-10-31: ${folder} has no file ${PATTERN} of that day or an earlier one; the oldest is names.2026-11-01.ndjson`,
    remedy: `Put the table as it was then there as ${folder}/names.2026-10-31.ndjson; or let the oldest hold from that day on: cp '${folder}/names.2026-11-01.ndjson' '${folder}/names.2026-10-31.ndjson'`,
  });
  await expect(loadPipeline(await folderWith({}), DAY)).rejects.toMatchObject({
    code: 'BAD_TABLE',
    what: expect.stringContaining('it has none of any day') as string,
    remedy: `Put the table as it was then there as ${folder}/names.2026-11-21.ndjson.`,
  });
});

it('refuses a version that is a link out of the folder', async () => {
  const folder = await folderWith(VERSIONS);
  await symlink('/etc/hostname', join(folder, 'names.2026-11-23.ndjson'));
  await expect(loadPipeline(folder, LATER)).rejects.toMatchObject({ code: 'BAD_TABLE' });
});

it('has the hash of the content: a version that repeats the one before is no change', async () => {
  const folder = await folderWith({ ...VERSIONS, 'names.2026-11-22.ndjson': VERSIONS['names.2026-11-21.ndjson'] });
  const { pipeline, hashes } = await loadPipeline(folder, DAY);
  const later = await tableVersions(pipeline, folder, LATER);
  expect(later['names']).toMatchObject({ file: 'names.2026-11-22.ndjson', hash: hashes.tables['names'] });
});

it.each([
  ['names.%Y-%m.ndjson', 'it needs %Y, %m and %d'],
  ['names.%Y-%m-%d-*.ndjson', 'several files could be the version of one day'],
])('%s is refused in pipeline.yaml', async (pattern, why) => {
  await expect(loadPipeline(await folderWith({}, pattern))).rejects.toMatchObject({
    code: 'BAD_PIPELINE',
    what: expect.stringContaining(why) as string,
  });
});

describe('a table with a location', () => {
  const located = (location: string, file = PATTERN): Promise<string> =>
    pipelineLike('events', root, {
      'pipeline.yaml': (text) => text.replace('file: names.ndjson', `file: '${file}'\n    location: ${location}`),
    });

  it('is read from a folder elsewhere, by its whole path, and moving it changes no hash', async () => {
    const [one, other] = [join(root, 'one'), join(root, 'other')];
    for (const folder of [one, other]) await writeFiles(folder, VERSIONS);
    const folder = await located(one);
    expect(await nameOn(folder, DAY)).toBe('second');
    const { hashes, tables } = await loadPipeline(folder, DAY);
    expect(tables['names']).toMatchObject({ file: join(one, 'names.2026-11-21.ndjson') });
    expect((await loadPipeline(await located(other), DAY)).hashes).toEqual(hashes);
  });

  it('must lie below its location', async () => {
    await writeFiles(join(root, 'below'), VERSIONS);
    await expect(loadPipeline(await located(join(root, 'below'), '../one/names.ndjson'))).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining('lies outside its location') as string,
    });
  });

  it('is not looked at in S3 by a check of the folder', async () => {
    const { tables, outputColumns } = await loadPipeline(await located('s3://no-bucket/tables'));
    expect(tables).toEqual({});
    expect(outputColumns).toHaveLength(5);
  });

  it.each([['ftp://a/b'], ['tables'], ['s3://key:secret@bucket']])('is refused at %s', async (location) => {
    await expect(loadPipeline(await located(location))).rejects.toMatchObject({ code: 'BAD_PIPELINE' });
  });

  it('is refused with the name of the setting where the location is none', async () => {
    await expect(loadPipeline(await located('s3://bucket/a/../b'))).rejects.toMatchObject({
      code: 'BAD_PIPELINE',
      what: expect.stringContaining('tables.names.location') as string,
    });
  });
});
