import { createHash } from 'node:crypto';
import { appendFile, readFile, readdir, realpath, rename, rm, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseBusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import { runDayBuild, type DayBuildOptions } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import {
  contentsOf,
  DAY,
  event,
  lines,
  loadExample,
  pipelineLike,
  rowsOf,
  scratchFolder,
  writeFiles,
  unfiltered,
} from './scratch';

let events: LoadedPipeline;

const root = scratchFolder();
let input: string;
let output: string;
let count = 0;

beforeAll(async () => {
  events = await loadExample('events');
});
beforeEach(() => {
  count += 1;
  input = join(root, `input-${count}`);
  output = join(root, `output-${count}`);
});

const build = (changes: Partial<DayBuildOptions> = {}, pipeline = events): Promise<DayManifest> =>
  runDayBuild(pipeline, { date: DAY, input, output, engine: 'duckdb', ...changes });
const hourOf = (manifest: DayManifest, hour: string) => manifest.hours.find((candidate) => candidate.hour === hour);
const userIds = async (): Promise<string[]> =>
  (await rowsOf(output, DAY)).map((row) => /"user_id":(-?\d+)/.exec(row)?.[1] ?? 'none');
const quarantined = async (): Promise<unknown[]> =>
  (await contentsOf(output, DAY))['_quarantine.ndjson']
    ?.split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown) ?? [];

describe('what fluentd wrote', () => {
  it.each([
    ['append', 24, 24],
    ['append-interval-with-buffer', 22, 22],
    ['gzip', 24, 24],
    ['gzip-append', 24, 24],
    ['hour-boundary', 151, 151],
    ['late', 3, 3],
    ['two-workers', 12, 6],
  ])('%s is read to the last record', async (folder, read, kept) => {
    const date = parseBusinessDate('2026-11-23');
    const manifest = await build({ input: join('tests/fixtures/fluentd-sample', folder), date });
    expect(manifest.counts).toEqual(unfiltered({ read, kept, duplicates: read - kept, quarantined: 0, outsideDay: 0 }));
    expect(await rowsOf(output, date)).toHaveLength(kept);
  });
});

describe('reading', () => {
  it('takes every shape of a name and of a file, and nothing else', async () => {
    await writeFiles(input, {
      'names.20261121.07.json': `\ufeff${event(1)}\r\n\r\n${event(2)}`,
      'names.20261121.07_0.json': '',
      'names.20261121.07_1.json.gz': Buffer.concat([gzipSync(lines(event(3))), gzipSync(lines(event(4)))]),
      'names.20261121.07_2.json': lines(event(5), '', '  '),
      'names.20261121.07_4.json.GZ': gzipSync(lines(event(6))),
      'names.20261121.071.json': lines(event(90)),
      'names.20261121.07_3.json.tmp': lines(event(91)),
      'names.20261121.07': lines(event(92)),
      'names.20261121.24.json': lines(event(93)),
      '.names.20261121.07.json': lines(event(94)),
      'names.20261122.07.json': lines(event(95)),
      'names.%Y%m%d.%H/buffer.log': lines(event(96)),
    });
    const manifest = await build();
    expect(await userIds()).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(manifest.counts.read).toBe(6);
    expect(manifest.inputs.map(({ file }) => file)).toEqual([
      'names.20261121.07.json',
      'names.20261121.07_0.json',
      'names.20261121.07_1.json.gz',
      'names.20261121.07_2.json',
      'names.20261121.07_4.json.GZ',
    ]);
  });

  it('follows links to files of the folder', async () => {
    await writeFiles(input, { 'buffer/chunk': lines(event(1)) });
    await symlink(join('buffer', 'chunk'), join(input, 'names.20261121.07.json'));
    await build();
    expect(await userIds()).toEqual(['1']);
  });

  it('quarantines bad records with file, line, reason and text', async () => {
    const half = '{"hello":"ssm-se';
    await writeFiles(input, {
      'names.20261121.07_0.json': `${lines(event(1), '', '{"id":1.5}', event(2))}${half}`,
      'names.20261121.07_1.json': Buffer.concat([Buffer.from(lines(event(3))), Buffer.from([0x7b, 0xff, 0x0a, 0x00])]),
      'names.20261121.08.json': lines('[1]'),
    });
    const manifest = await build();
    expect(manifest.counts).toEqual(unfiltered({ read: 8, kept: 3, duplicates: 0, quarantined: 5, outsideDay: 0 }));
    expect(manifest.quarantine).toEqual({ file: '_quarantine.ndjson', records: 5 });
    expect(await quarantined()).toEqual([
      { file: 'names.20261121.07_0.json', line: 3, reason: 'time is missing', text: '{"id":1.5}' },
      { file: 'names.20261121.07_0.json', line: 5, reason: 'not JSON', text: half },
      { file: 'names.20261121.07_1.json', line: 2, reason: 'not valid UTF-8', text: '{\ufffd', base64: 'e/8=' },
      { file: 'names.20261121.07_1.json', line: 3, reason: 'not JSON', text: '\0' },
      { file: 'names.20261121.08.json', line: 1, reason: 'not a JSON object', text: '[1]' },
    ]);
  });

  it.each([1, 200_000])('keeps what is left of a compressed file that ends too early (%d records)', async (records) => {
    const text = Array.from({ length: records }, (_, id) => `${event(`${id}${id % 7}`)}\n`).join('');
    const packed = gzipSync(text + lines(event(5), event(6)));
    await writeFiles(input, { 'names.20261121.07.json.gz': packed.subarray(0, packed.length - 9) });
    const manifest = await build();
    expect(manifest.counts.quarantined).toBeGreaterThanOrEqual(1);
    expect(manifest.counts.read).toBeGreaterThan(records / 2);
    expect((await quarantined()).at(-1)).toMatchObject({ reason: 'the compressed data ends before its end' });
  });

  it('reads lines across the chunks that it reads at once', async () => {
    const records = Array.from({ length: 300_000 }, (_, id) => event(id));
    records[250_000] = 'bad';
    await writeFiles(input, { 'names.20261121.07.json': records.join('\n') });
    const manifest = await build();
    expect(manifest.counts).toMatchObject({ read: 300_000, kept: 299_999, quarantined: 1 });
    expect(await quarantined()).toMatchObject([{ line: 250_001 }]);
  });
});

describe('the day', () => {
  it('drops exact duplicates, also across files and hours, and keeps all else', async () => {
    await writeFiles(input, {
      'names.20261121.07_0.json': lines(event(1), event(1), event(1, '2026-11-21 07:00:01')),
      'names.20261121.07_1.json': lines(event(1), event(1, '2026-11-21 07:00:00', 'other')),
      'names.20261121.09.json': lines(event(1)),
    });
    const manifest = await build();
    expect(manifest.counts).toEqual(unfiltered({ read: 6, kept: 3, duplicates: 3, quarantined: 0, outsideDay: 0 }));
    expect(hourOf(manifest, '07')).toMatchObject({ written: 3, duplicates: 3, misfiled: 1 });
    expect(hourOf(manifest, '09')).toMatchObject({ written: 0, duplicates: 0 });
  });

  it('finds a duplicate that is written in another way', async () => {
    const record = event(7, '2026-11-21 07:00:00', 'A');
    await writeFiles(input, {
      'names.20261121.07.json': lines(
        record,
        '{"time":"2026-11-21 07:00:00", "id":7, "hello":"\\u0041"}',
        '{"time":"2026-11-21 07:00:00","hello":"A","id":7}',
        '{"hello":"A","id":7 ,"time":"2026-11-21 07:00:00"}',
        '{"id":8,"time":"2026-11-21 07:00:00"}',
        '{"id":8,"hello":null,"time":"2026-11-21 07:00:00"}',
        ...Array.from({ length: 20 }, (_, id) => event(100 + id)),
      ),
    });
    expect((await build()).counts).toMatchObject({ read: 26, kept: 22, duplicates: 4 });
  });

  it('takes the identity columns for the identity, and keeps the first record', async () => {
    const pipeline = await loadPipeline(
      await pipelineLike('events', join(root, 'identity'), {
        'pipeline.yaml': (text) => text.replace('tables:', '  identity: [id]\ntables:'),
      }),
    );
    await writeFiles(input, {
      'names.20261121.07.json': lines(event(1, '2026-11-21 07:00:09', '\\u0061'), event(1), event(2), event(1)),
    });
    expect((await build({}, pipeline)).counts).toMatchObject({ kept: 2, duplicates: 2 });
    expect((await rowsOf(output, DAY))[0]).toContain('"hello":"a"');
  });

  it('takes an identity that names a column twice as if it named it once', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'identity-twice'), {
        'pipeline.yaml': (text) => text.replace('tables:', '  identity: [id, time, time]\ntables:'),
      }),
    );
    const same = [event(1, '2026-11-21 07:00:00', 'a'), event(1, '2026-11-21 07:00:00', 'b')];
    await writeFiles(input, { 'names.20261121.07.json': lines(...same) });
    const { counts } = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb' });
    expect(counts).toMatchObject({ read: 2, written: 1, duplicates: 1 });
  });

  describe('with an identity without the time', () => {
    const known = ['a', 'b', 'c', 'd'].map((hello, index) => event(1, `2026-11-21 0${6 + index}:59:59`, hello));
    let pipeline: LoadedPipeline;

    beforeAll(async () => {
      const text = (yaml: string): string => yaml.replace('tables:', '  identity: [id]\ntables:');
      pipeline = await loadPipeline(await pipelineLike('events', join(root, 'day-wide'), { 'pipeline.yaml': text }));
    });

    const hellos = async (): Promise<string[]> =>
      (await rowsOf(output, DAY)).map((row) => /"hello":"(\w+)"/.exec(row)?.[1] ?? 'none').sort();

    it('keeps the first of the day, also where its duplicates are of other hours or in files of other hours', async () => {
      const noId = (time: string) => `{"hello":"null","time":"${time}"}`;
      await writeFiles(input, {
        'names.20261121.05.json': lines(known[2] ?? '', known[1] ?? ''),
        'names.20261121.07.json': lines(known[0] ?? '', event(2, '2026-11-21 07:30:00', 'e'), 'bad'),
        'names.20261121.09.json': lines(
          known[3] ?? '',
          event(2, '2026-11-21 09:00:00', 'f'),
          event(3, '2026-11-21 09:00:00', 'g'),
        ),
        'names.20261121.10.json': lines(noId('2026-11-21 10:00:00'), event(3, '2026-11-21 10:00:00', 'h')),
        'names.20261121.11.json': lines(noId('2026-11-21 11:00:00')),
      });
      const manifest = await build({}, pipeline);
      expect(manifest.counts).toEqual(unfiltered({ read: 11, kept: 4, duplicates: 6, quarantined: 1, outsideDay: 0 }));
      expect(await hellos()).toEqual(['a', 'e', 'g', 'null']);
      expect(hourOf(manifest, '09')).toMatchObject({ written: 1, duplicates: 2 });
    });

    it('builds the same after a change of one hour as anew, and nothing where nothing changed', async () => {
      await writeFiles(input, {
        'names.20261121.08.json': lines(known[2] ?? ''),
        'names.20261121.09.json': lines(known[3] ?? '', event(2, '2026-11-21 09:00:00', 'f')),
      });
      const first = await build({}, pipeline);
      expect(await hellos()).toEqual(['c', 'f']);
      expect(await build({}, pipeline)).toEqual(first);
      await writeFiles(input, { 'names.20261121.06.json': lines(known[0] ?? '') });
      const second = await build({}, pipeline);
      expect(await hellos()).toEqual(['a', 'f']);
      expect(second.counts).toMatchObject({ read: 4, kept: 2, duplicates: 2 });
      expect(await build({ force: true }, pipeline)).toEqual(second);
    });
  });

  describe('with a transform that fails on some records', () => {
    let pipeline: LoadedPipeline;

    beforeAll(async () => {
      const text = (sql: string): string => sql.replace('e.id AS', 'e.id * 4 AS');
      pipeline = await loadPipeline(await pipelineLike('events', join(root, 'failing'), { 'transform.sql': text }));
    });

    const huge = '9000000000000000000';

    it('quarantines them, whatever file they are in, and keeps the rest', async () => {
      await writeFiles(input, {
        'names.20261121.07_0.json': lines(event(1), '', event(huge), event(2), event(huge)),
        'names.20261121.07_1.json': lines(event(3), 'bad', event(4, '2026-11-21 09:00:00')),
        'names.20261121.08.json': lines(event(huge, '2026-11-21 07:10:00'), event(5, '2026-11-21 07:10:00')),
        'names.20261121.09.json': lines(event(huge, '2026-11-21 09:10:00'), event(huge, '2026-11-22 09:10:00')),
        'names.20261121.10.json': lines(event(6, '2026-11-21 10:10:00')),
      });
      const manifest = await build({}, pipeline);
      expect(manifest.counts).toEqual(unfiltered({ read: 12, kept: 6, duplicates: 0, quarantined: 5, outsideDay: 1 }));
      expect((await userIds()).sort()).toEqual(['12', '16', '20', '24', '4', '8']);
      const reason = expect.stringMatching(/^the transform fails on it: Out of Range Error: .*\w/) as string;
      expect(await quarantined()).toEqual([
        { file: 'names.20261121.07_0.json', line: 3, reason, text: event(huge) },
        { file: 'names.20261121.07_0.json', line: 5, reason, text: event(huge) },
        expect.objectContaining({ file: 'names.20261121.07_1.json', line: 2, text: 'bad' }),
        { file: 'names.20261121.08.json', line: 1, reason, text: event(huge, '2026-11-21 07:10:00') },
        { file: 'names.20261121.09.json', line: 1, reason, text: event(huge, '2026-11-21 09:10:00') },
      ]);
    });

    it('builds the same after a change of one hour as anew', async () => {
      await writeFiles(input, {
        'names.20261121.07.json': lines(event(1), event(huge)),
        'names.20261121.08.json': lines(event(huge, '2026-11-21 07:10:00'), event(5, '2026-11-21 07:10:00')),
        'names.20261121.09.json': lines(event(6, '2026-11-21 09:10:00')),
      });
      await build({}, pipeline);
      await appendFile(join(input, 'names.20261121.09.json'), lines(event(huge, '2026-11-21 07:20:00')));
      const changed = await build({}, pipeline);
      expect(changed.counts).toMatchObject({ read: 6, kept: 3, quarantined: 3 });
      const contents = await contentsOf(output, DAY);
      expect(await build({ force: true }, pipeline)).toEqual(changed);
      expect(await contentsOf(output, DAY)).toEqual(contents);
    });
  });

  it('quarantines a record with a time zone that does not exist', async () => {
    const zoned = (sql: string): string =>
      sql.replace('e.hello', "(TIMESTAMP '2026-11-21 07:00:00' AT TIME ZONE e.hello)::VARCHAR AS hello");
    const pipeline = await loadPipeline(await pipelineLike('events', join(root, 'zones'), { 'transform.sql': zoned }));
    const at = '2026-11-21 07:00:00';
    await writeFiles(input, {
      'names.20261121.07.json': lines(event(1, at, 'UTC'), event(2, at, 'Asia/Soul'), event(3, at, 'Asia/Seoul')),
    });
    const { counts } = await build({}, pipeline);
    expect(counts).toMatchObject({ kept: 2, quarantined: 1 });
    const reason = "the transform fails on it: Not implemented Error: Unknown TimeZone 'Asia/Soul'!";
    expect(await quarantined()).toEqual([
      { file: 'names.20261121.07.json', line: 2, reason, text: event(2, at, 'Asia/Soul') },
    ]);
  });

  describe('with a transform that fails on a record that is like a good one', () => {
    const cast = (sql: string): string => sql.replace('e.hello', 'CAST(e.hello AS BIGINT) AS hello');
    const at = (id: number, hour: string, hello: string): string => event(id, `2026-11-21 ${hour}:00:00`, hello);
    const file = (hour: string): string => `names.20261121.${hour}.json`;
    const unusual = '{"hello":"\\u0035","id":9,"time":"2026-11-21 07:00:00"}';

    async function pipelineWith(identity: string): Promise<LoadedPipeline> {
      const yaml = (text: string): string => text.replace('tables:', `  identity: ${identity}\ntables:`);
      const changes = { 'pipeline.yaml': yaml, 'transform.sql': cast };
      return loadPipeline(await pipelineLike('events', join(root, 'duplicates'), changes));
    }

    it.each([
      ['in its file', { '07': lines(at(1, '07', 'x'), at(1, '07', '5')) }, [1, 0, 1]],
      ['behind it', { '07': lines(at(1, '07', '5'), at(1, '07', 'x')) }, [1, 0, 1]],
      [
        'with misplaced records into its hour',
        { '06': lines(at(2, '07', '5')), '07': lines(unusual, at(1, '07', '5'), at(1, '07', 'x')) },
        [3, 0, 1],
      ],
      [
        'with misplaced records read later',
        { '07': lines(unusual, at(1, '07', '5'), at(1, '07', 'x')), '08': lines(at(2, '07', '5')) },
        [3, 0, 1],
      ],
    ])('quarantines the bad one and keeps the good one %s', async (_, files, [kept, duplicates, bad]) => {
      const pipeline = await pipelineWith('[id, time]');
      await writeFiles(input, Object.fromEntries(Object.entries(files).map(([hour, text]) => [file(hour), text])));
      expect((await build({}, pipeline)).counts).toMatchObject({ kept, duplicates, quarantined: bad });
    });

    it('does so too where duplicates are of other hours', async () => {
      await writeFiles(input, {
        [file('06')]: lines(at(1, '06', '5'), at(2, '06', '5')),
        [file('07')]: lines(at(1, '07', 'x'), at(2, '07', '5')),
        [file('08')]: lines(at(1, '08', '5')),
      });
      const { counts } = await build({}, await pipelineWith('[id]'));
      expect(counts).toEqual(unfiltered({ read: 5, kept: 2, duplicates: 2, quarantined: 1, outsideDay: 0 }));
    });

    it('does so too in an hour that is read again for its misplaced records', async () => {
      const pipeline = await pipelineWith('[id, time]');
      await writeFiles(input, {
        [file('07')]: lines(unusual, at(1, '07', '5'), at(1, '07', 'x'), at(4, '08', '5')),
        [file('08')]: lines(at(5, '08', '5')),
      });
      await build({}, pipeline);
      await writeFiles(input, { [file('08')]: lines(at(6, '08', '5')) });
      const changed = await build({}, pipeline);
      expect(changed.counts).toEqual(unfiltered({ read: 5, kept: 4, duplicates: 0, quarantined: 1, outsideDay: 0 }));
      expect(await build({ force: true }, pipeline)).toEqual(changed);
    });
  });

  it('puts records of another hour into theirs, and keeps other days out', async () => {
    await writeFiles(input, {
      'names.20261121.07.json': lines(event(1), event(2, '2026-11-21 05:10:00'), event(3, '2026-11-20 23:59:59')),
      'names.20261121.05.json': lines(event(4, '2026-11-21 05:00:00'), event(5, '2026-11-22 00:00:00')),
    });
    const manifest = await build();
    expect(manifest.counts).toEqual(unfiltered({ read: 5, kept: 3, duplicates: 0, quarantined: 0, outsideDay: 2 }));
    expect(hourOf(manifest, '05')).toMatchObject({ written: 2, misfiled: 1 });
    expect(await userIds()).toEqual(['4', '2', '1']);
  });

  it('has a file for every hour and names those without input', async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
    const manifest = await build();
    expect(manifest.hours.map(({ hour }) => hour)).toHaveLength(24);
    expect(manifest.missingHours).toHaveLength(23);
    for (const { file, bytes, sha256 } of manifest.hours) {
      const content = await readFile(join(output, DAY, file));
      expect({ bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }).toEqual({
        bytes,
        sha256,
      });
    }
  });

  it('counts rows that the join found nothing for', async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(event(-5), event(1), event('-7'), event(2)) });
    expect(hourOf(await build(), '07')).toMatchObject({ written: 4, unmatched: 2 });
  });

  it('keeps 64-bit integers, Unicode, quotes and nulls as they are', async () => {
    const text = '서울 \\"😀\\" \\\\ \\u0000\\n';
    await writeFiles(input, {
      'names.20261121.07.json': lines(
        event('9223372036854775807'),
        event('-9223372036854775808'),
        event('9007199254740993'),
        event('123456789012345678'),
        event(3, '2026-11-21 07:00:00', text),
        event(3, '2026-11-21 07:00:00', 'é서울😀'),
        '{"id":4,"time":"2026-11-21 07:00:00"}',
      ),
    });
    await build();
    const rows = (await rowsOf(output, DAY)).sort();
    expect(rows.join('\n')).toContain('"user_id":9223372036854775807,"user_name":"Alan"');
    expect(rows.join('\n')).toContain('"user_id":-9223372036854775808,"user_name":null');
    expect(rows.join('\n')).toContain('"user_id":9007199254740993,');
    expect(rows.join('\n')).toContain('"user_id":123456789012345678,');
    expect(rows.map((row) => (JSON.parse(row) as { hello: unknown }).hello)).toEqual(
      expect.arrayContaining([JSON.parse(`"${text}"`), 'é서울😀', null]),
    );
  });

  it.each([
    ['2026-03-08', 23, ['00', '01', '03'], 5],
    ['2026-11-01', 24, ['00', '01', '02'], 6],
  ])('of %s in New York has the hours that its clocks show', async (day, hours, first, kept) => {
    const rides = await loadExample('rides');
    const date = parseBusinessDate(day);
    const [before, after] = day === '2026-03-08' ? ['-05:00', '-04:00'] : ['-04:00', '-05:00'];
    const ride = (id: number, at: string): string => `{"ride":${id},"zone":4,"fare":1.5,"shared":true,"at":"${at}"}`;
    await writeFiles(input, {
      [`rides-${day.replaceAll('-', '')}-01.json`]: lines(
        ride(1, `${day}T01:59:59${before}`),
        ride(2, `${day}T01:59:59${after}`),
        ride(3, `${day}T03:00:00.123${after}`),
        ride(4, `${day}T04:59:59.999999999Z`),
        ride(5, `${day}T00:00:00${before}`),
        ride(6, `${day}T23:59:59.999${after}`),
      ),
    });
    const manifest = await build({ date }, rides);
    expect(manifest.hours).toHaveLength(hours);
    expect(manifest.hours.slice(0, 3).map(({ hour }) => hour)).toEqual(first);
    expect(manifest.counts).toMatchObject({ kept, outsideDay: 6 - kept });
  });

  it('gives the same bytes again, whatever the threads and the memory', async () => {
    const records = Array.from({ length: 5000 }, (_, id) => event(id - 100, `2026-11-21 0${id % 5}:0${id % 7}:11`));
    for (const hour of [0, 1, 2, 3, 4])
      await writeFiles(input, { [`names.20261121.0${hour}.json`]: lines(...records) });
    await build();
    const first = await contentsOf(output, DAY);
    await build({ force: true, threads: 1, memoryLimit: 300 * 1024 ** 2 });
    expect(await contentsOf(output, DAY)).toEqual(first);
    await build({ output: join(output, 'other'), threads: 5 });
    expect(await contentsOf(join(output, 'other'), DAY)).toEqual(first);
  });
});

describe('building again', () => {
  const name = (hour: number): string => `names.20261121.0${hour}.json`;
  const at = (hour: number, minute = 0): string => `2026-11-21 0${hour}:0${minute}:00`;
  const inode = async (): Promise<string> => realpath(join(output, DAY));

  beforeEach(async () => {
    for (const hour of [1, 2, 3])
      await writeFiles(input, { [name(hour)]: lines(event(hour, at(hour)), 'bad', event(7, at(3, hour))) });
  });

  it('does nothing where nothing changed, and everything when forced', async () => {
    const first = await build();
    const before = await inode();
    await utimes(join(input, name(1)), new Date(), new Date(Date.now() - 5_000));
    expect(await build()).toEqual(first);
    expect(await inode()).toBe(before);
    expect(await build({ force: true })).toEqual(first);
  });

  it.each<[string, () => Promise<void>]>([
    ['a record was added', () => appendFile(join(input, name(1)), lines(event(9, at(1))))],
    ['a bad record was added', () => appendFile(join(input, name(2)), 'worse\n')],
    ['a record of another hour was added', () => appendFile(join(input, name(2)), lines(event(9, at(1))))],
    ['a record of an hour without files was added', () => appendFile(join(input, name(2)), lines(event(9, at(8))))],
    [
      'a record was changed in place',
      () => writeFiles(input, { [name(1)]: lines(event(5, at(1)), 'bad', event(7, at(3, 1))) }),
    ],
    ['a file came', () => writeFiles(input, { 'names.20261121.02_9.json': lines(event(2, at(2)), event(3, at(3))) })],
    ['a file went', () => rm(join(input, name(2)))],
    ['a file was renamed', () => rename(join(input, name(3)), join(input, 'names.20261121.03_0.json'))],
    ['a file moved to another hour', () => rename(join(input, name(3)), join(input, name(9)))],
  ])('gives what a full build gives after %s', async (_, change) => {
    await build();
    await change();
    const incremental = await build();
    const contents = await contentsOf(output, DAY);
    const full = await build({ output: join(output, 'full') });
    expect(incremental).toEqual(full);
    expect(contents).toEqual(await contentsOf(join(output, 'full'), DAY));
  });

  it('gives the bytes of a full build to an hour that lost a record from the file of another', async () => {
    const unusual = '{"hello":"\\u0061","id":9,"time":"2026-11-21 07:00:00"}';
    const eight = 'names.20261121.08.json';
    await writeFiles(input, {
      'names.20261121.07.json': lines(unusual, event(1), event(2)),
      [eight]: lines(event(5), event(6, '2026-11-21 08:00:00')),
    });
    await build();
    await writeFiles(input, { [eight]: lines(event(6, '2026-11-21 08:00:00')) });
    await build();
    const contents = await contentsOf(output, DAY);
    await build({ force: true });
    expect(await contentsOf(output, DAY)).toEqual(contents);
  });

  it('reads only what changed', async () => {
    await writeFiles(input, { [name(4)]: lines(event(4, at(4))) });
    await build();
    await appendFile(join(input, name(4)), lines(event(9, at(4))));
    const rows: number[] = [];
    await build({ onProgress: (progress) => rows.push(progress.rows) });
    expect(rows.at(-1)).toBe(2);
  });

  it('builds anew after a change of the transform, a table or the settings', async () => {
    await build();
    const changed = await loadPipeline(
      await pipelineLike('events', join(root, 'changed'), { 'names.ndjson': (text) => text.replace('Barbara', 'Bea') }),
    );
    await build({}, changed);
    expect((await rowsOf(output, DAY))[0]).toContain('"user_name":"Bea"');
  });

  it('keeps as many versions as the pipeline says', async () => {
    const keeping = (await loadExample('events')).pipeline.retention.outputs;
    for (let round = 0; round < keeping + 2; round += 1) {
      await appendFile(join(input, name(1)), lines(event(100 + round, at(1))));
      await build();
    }
    const versions = await readdir(join(output, '.versions', DAY));
    expect(versions.filter((version) => !version.startsWith('.'))).toHaveLength(keeping);
  });

  it('lets a reader keep the version it began with', async () => {
    await build();
    const folder = await inode();
    const before = await readFile(join(folder, '01.ndjson'), 'utf8');
    await appendFile(join(input, name(1)), lines(event(9, at(1))));
    await build();
    expect(await readFile(join(folder, '01.ndjson'), 'utf8')).toBe(before);
    expect(await inode()).not.toBe(folder);
  });

  it('may run twice at once', async () => {
    const manifests = await Promise.all([build(), build({ force: true }), build()]);
    expect(manifests[1]).toEqual(manifests[0]);
    expect((await contentsOf(output, DAY))['_manifest.json']).toContain('"formatVersion"');
    expect((await readdir(join(output, '.versions', DAY))).filter((entry) => entry.startsWith('.'))).toEqual([]);
  });
});
