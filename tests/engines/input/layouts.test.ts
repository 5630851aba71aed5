import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { runDayBuild } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import { DAY, event, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
let count = 0;

interface Layout {
  readonly pattern: string;
  readonly framing?: string;
  readonly files: Readonly<Record<string, string | Buffer>>;
}

/** Builds the day from files of a layout; in the folders of the build before, if they are kept. */
async function build({ pattern, framing = 'lines', files }: Layout, keep = false) {
  if (!keep) count += 1;
  const [input, output] = [join(root, `input-${count}`), join(root, `output-${count}`)];
  await writeFiles(input, files);
  const folder = await pipelineLike('events', join(root, `pipeline-${count}`), {
    'pipeline.yaml': (text) => text.replace(/pattern: .*/, `pattern: '${pattern}'\n  framing: ${framing}`),
  });
  return runDayBuild(await loadPipeline(folder), { date: DAY, input, output, engine: 'duckdb', threads: 1 });
}

const at = (hour: number, id: number): string => event(id, `${DAY} ${String(hour).padStart(2, '0')}:00:01`);
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const named = (name: (hour: number) => string) =>
  Object.fromEntries(HOURS.map((hour) => [name(hour), `${at(hour, hour)}\n`]));
const two = (hour: number): string => String(hour).padStart(2, '0');

it.each<[string, Layout]>([
  [
    'Hive folders',
    { pattern: 'dt=%Y-%m-%d/hour=%H/*.json', files: named((hour) => `dt=${DAY}/hour=${two(hour)}/part-0.json`) },
  ],
  [
    'Hive folders without a leading zero',
    { pattern: 'dt=%Y-%m-%d/hour=%H/*.json', files: named((hour) => `dt=${DAY}/hour=${hour}/part-0.json`) },
  ],
  ['hours without a leading zero', { pattern: '%Y-%m-%d-%-H.json', files: named((hour) => `${DAY}-${hour}.json`) }],
  [
    'folders by date and hour, named again in the file',
    {
      pattern: '%Y/%m/%d/%H/stream-%Y-%m-%d-%H-%M-*',
      files: named((hour) => `2026/11/21/${two(hour)}/stream-2026-11-21-${two(hour)}-15-a1`),
    },
  ],
])('reads %s', async (_, layout) => {
  const { counts, missingHours, hours } = await build(layout);
  expect([counts.written, missingHours]).toEqual([24, []]);
  expect(hours.every(({ misfiled, written }) => misfiled === 0 && written === 1)).toBe(true);
});

it('reads a file a day: every hour is there, and none of its records is misplaced', async () => {
  const all = HOURS.map((hour) => at(hour, hour)).join('\n');
  const { counts, missingHours, hours } = await build({
    pattern: 'events-%Y%m%d*.json',
    files: { 'events-20261121.json': all, 'events-2026112101.json': 'no file of a day\n' },
  });
  expect([counts.read, counts.written, missingHours]).toEqual([24, 24, []]);
  expect(hours.every(({ misfiled, written }) => misfiled === 0 && written === 1)).toBe(true);
});

it.each([
  ['an array', `[${at(7, 1)}, ${at(7, 2)}]`],
  ['an array over lines', `[\n ${at(7, 1)},\n ${at(7, 2)}\n]\n`],
  ['no line feeds', `${at(7, 1)}${at(7, 2)}`],
  ['commas', `${at(7, 1)},\n${at(7, 2)},\n`],
])('reads %s where the pipeline says so, else names the framing', async (_, content) => {
  for (const packed of [false, true]) {
    const file = `names.20261121.07.json${packed ? '.gz' : ''}`;
    const files = { [file]: packed ? gzipSync(content) : content };
    const { counts } = await build({ pattern: 'names.%Y%m%d.%H*.json', framing: 'json', files });
    expect([counts.read, counts.written]).toEqual([2, 2]);
    await expect(build({ pattern: 'names.%Y%m%d.%H*.json', files })).rejects.toMatchObject({
      code: 'UNREADABLE_INPUT',
      message: expect.stringMatching(/07\.json.*files\.framing: json/s) as string,
    });
  }
});

it('names what of the day it does not read, and reads the rest', async () => {
  const { counts, truncatedFiles, unreadFiles, missingHours } = await build({
    pattern: 'names.%Y%m%d.%H*.json',
    files: {
      'names.20261121.05.json': `${at(5, 1)}\n`,
      'names.20261121.06.json.bz2': 'BZh91AY&SY',
      'names.20261121.07.json': Buffer.from('PAR1\0'),
      'names.20261121.08.json/part-0': `${at(8, 2)}\n`,
      'names.20261121.09.json': `[${at(9, 3)}]`,
    },
  });
  expect(counts).toMatchObject({ read: 5, written: 1, quarantined: 4 });
  expect(truncatedFiles).toHaveLength(4);
  expect(unreadFiles?.map(({ file, reason }) => [file.slice(15), reason.replace(/[,;:].*/, '')])).toEqual([
    ['06.json.bz2', 'its content is bzip2'],
    ['07.json', 'its content is Parquet'],
    ['08.json', 'it is a folder'],
    ['09.json', 'it holds a JSON array'],
  ]);
  expect(missingHours).toHaveLength(19);
});

it('names text of UTF-16 once, also compressed and without a mark, with any framing', async () => {
  const text = `${at(5, 1)}\r\n${at(5, 2)}\r\n`;
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), little]);
  for (const framing of ['lines', 'json'] as const) {
    const { counts, unreadFiles } = await build({
      pattern: 'names.%Y%m%d.%H*.json',
      framing,
      files: {
        'names.20261121.05.json': `${at(5, 1)}\n`,
        'names.20261121.06.json': marked,
        'names.20261121.07.json.gz': gzipSync(Buffer.concat([Buffer.from([0xfe, 0xff]), big])),
        'names.20261121.08.json': little,
        'names.20261121.09.json': big,
      },
    });
    expect(counts).toMatchObject({ read: 5, written: 1, quarantined: 4 });
    expect(unreadFiles?.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 4 }, () => 'it holds text of UTF-16, and files are read that are UTF-8'),
    );
  }
});

it('names a file that is packed in a way that is not read, whatever its bytes and its name say', async () => {
  const text = Array.from({ length: 4000 }, (_, id) => `${at(5, id)}\n`).join('');
  const brotli = brotliCompressSync(text);
  expect(brotli[0]).toBe('['.charCodeAt(0));
  const tar = Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0'), Buffer.alloc(249), Buffer.from(text)]);
  const files = {
    'names.20261121.05.json.br': brotli,
    'names.20261121.06.json.gz': gzipSync(gzipSync(text)),
    'names.20261121.07.json.gz': gzipSync(tar),
    'names.20261121.08.json.gz': tar,
    // More than what is read at once, of which gzip leaves as much.
    'names.20261121.09.json.gz': gzipSync(gzipSync(randomBytes(9_000_000).toString('hex'))),
    'names.20261121.10.json': `${at(10, 1)}\n`,
  };
  const { counts, unreadFiles } = await build({ pattern: 'names.%Y%m%d.%H*.json', files });
  expect(unreadFiles?.map(({ file, reason }) => [file.slice(15), reason.replace(/[,;:].*/, '')])).toEqual([
    ['05.json.br', 'it is a .br file'],
    ['06.json.gz', 'its content is gzip within gzip'],
    ['07.json.gz', 'its content is tar within gzip'],
    ['08.json.gz', 'its content is tar'],
    ['09.json.gz', 'its content is gzip within gzip'],
  ]);
  expect(counts).toMatchObject({ read: 6, written: 1, quarantined: 5 });
});

it('names content that is no text, however it is framed, and reads bad lines that stand before good ones', async () => {
  const text = Array.from({ length: 2000 }, (_, id) => `${at(7, id)}\n`).join('');
  const files = {
    'dt=2026-11-21/hour=05/part-00000': `${at(5, 1)}\n`,
    'dt=2026-11-21/hour=05/part-00001': `${'\u0001\u0002\n'.repeat(999)}${at(5, 2)}\n`,
    // What a power cut leaves.
    'dt=2026-11-21/hour=06/part-00000': Buffer.concat([Buffer.alloc(300_000), Buffer.from(`\n${at(6, 3)}\n`)]),
    'dt=2026-11-21/hour=07/part-00000.deflate': deflateSync(text),
    'dt=2026-11-21/hour=07/part-00001': deflateSync(text),
    'dt=2026-11-21/hour=07/part-00002': deflateRawSync(text),
    'dt=2026-11-21/hour=07/part-00003.gz': gzipSync(deflateRawSync(text)),
    'dt=2026-11-21/hour=07/part-00004': randomBytes(9_000_000),
    'dt=2026-11-21/hour=07/part-00005': Buffer.from([0xff, 0, 1, 0xfe]),
  };
  for (const framing of ['lines', 'json']) {
    const { counts, unreadFiles } = await build({ pattern: 'dt=%Y-%m-%d/hour=%H/*', framing, files });
    expect(counts.written).toBe(3);
    expect(unreadFiles?.map(({ file, reason }) => [file.slice(22), reason.replace(/,.*/, '')])).toEqual([
      ['part-00000.deflate', 'its content is zlib'],
      ['part-00001', 'its content is zlib'],
      ['part-00002', 'its content is no text'],
      ['part-00003.gz', 'its content is no text'],
      ['part-00004', 'its content is no text'],
    ]);
  }
});

it('notices the end of a file within an object', async () => {
  const { counts, truncatedFiles } = await build({
    pattern: 'names.%Y%m%d.%H*.json',
    framing: 'json',
    files: { 'names.20261121.07.json': `${at(7, 1)}${at(7, 2).slice(0, -1)}${at(7, 3)}` },
  });
  expect(counts.written).toBe(1);
  expect(truncatedFiles).toEqual(['names.20261121.07.json']);
});

it('builds the day again once the framing of a file that was left out is set', async () => {
  const files = { 'names.20261121.05.json': `${at(5, 1)}\n`, 'names.20261121.09.json': `[${at(9, 3)}]` };
  expect((await build({ pattern: 'names.%Y%m%d.%H*.json', files })).unreadFiles).toHaveLength(1);
  const again = await build({ pattern: 'names.%Y%m%d.%H*.json', framing: 'json', files }, true);
  expect([again.counts.written, again.unreadFiles]).toEqual([2, undefined]);
});

it('reads what only its name says is packed, and text that begins with the letters of a format', async () => {
  const { counts, unreadFiles } = await build({
    pattern: 'names.%Y%m%d.%H.*',
    files: {
      'names.20261121.05.web1.example.com.br': `${at(5, 1)}\n`,
      'names.20261121.06.json': 'ORCID is no record\n',
      'names.20261121.07.json': 'BZh is none either\n',
    },
  });
  expect(counts).toMatchObject({ read: 3, written: 1, quarantined: 2 });
  expect(unreadFiles).toBeUndefined();
});

it('publishes a day whose files are empty but for one that is not read', async () => {
  const { counts, truncatedFiles } = await build({
    pattern: 'names.%Y%m%d.%H*.json',
    files: { 'names.20261121.05.json': '', 'names.20261121.06.json.bz2': 'x' },
  });
  expect([counts.read, truncatedFiles?.length]).toEqual([1, 1]);
});

it('refuses a folder that is a link out of the input folder', async () => {
  const outside = join(root, 'outside');
  await mkdir(outside, { recursive: true });
  await writeFile(join(outside, 'secret.json'), `${at(5, 1)}\n`);
  const input = join(root, `input-${count + 1}`);
  await mkdir(input);
  await symlink(outside, join(input, `dt=${DAY}`));
  await expect(build({ pattern: 'dt=%Y-%m-%d/*.json', files: {} })).rejects.toMatchObject({ code: 'UNREADABLE_INPUT' });
});

it('refuses files of a day each that are named in another zone', async () => {
  const folder = await pipelineLike('events', join(root, 'zone'), {
    'pipeline.yaml': (text) => text.replace(/pattern: .*/, "pattern: '%Y%m%d.json'\n  timeZone: UTC"),
  });
  await expect(loadPipeline(folder)).rejects.toMatchObject({ code: 'BAD_PIPELINE' });
});
