import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import type { DayManifest } from '../../../../domain/day-manifest';
import { runDayBuild } from '../../../../engines/build-day';
import type { QuarantinedRecord } from '../../../../engines/versions/quarantine';
import { contentsOf, DAY, event, loadExample, rowsOf, scratchFolder, writeFiles } from '../../scratch';

const root = scratchFolder();
const FILE = 'names.20261121.07.json.gz';
let output: string;
let count = 0;

async function build(...parts: readonly Buffer[]): Promise<DayManifest> {
  count += 1;
  output = join(root, `output-${count}`);
  const input = join(root, `input-${count}`);
  await writeFiles(input, { [FILE]: Buffer.concat(parts) });
  return runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb', threads: 1 });
}

async function faults(): Promise<QuarantinedRecord[]> {
  const text = (await contentsOf(output, DAY))['_quarantine.ndjson'] ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as QuarantinedRecord);
}

/** Text that compresses badly, and that shows whether a record was altered. */
const helloOf = (id: number): string => createHash('sha256').update(String(id)).digest('base64');
const textOf = (from: number, records: number): string =>
  Array.from({ length: records }, (_, at) => `${event(from + at, '2026-11-21 07:00:00', helloOf(from + at))}\n`).join(
    '',
  );
const NULS = Buffer.alloc(512);

/** Checks that no record was altered: each has the text that belongs to its id. */
async function expectIds(least: number, ...ranges: readonly (readonly [from: number, to: number])[]): Promise<void> {
  const rows = await rowsOf(output, DAY);
  expect(rows.length).toBeGreaterThanOrEqual(least);
  const wrong = rows
    .map((row) => JSON.parse(row) as { user_id: number; hello: string })
    .filter(({ user_id: id, hello }) => hello !== helloOf(id) || !ranges.some(([from, to]) => id >= from && id < to));
  expect(wrong).toEqual([]);
}

/** Members of few records are read as a whole, those of many records in chunks. */
describe.each([
  ['small', 5],
  ['large', 9_000],
])('a %s file', (_, n) => {
  const first = gzipSync(textOf(0, n));
  const second = gzipSync(textOf(n, n));
  const third = gzipSync(textOf(2 * n, n));
  const half = second.subarray(0, Math.floor(second.length * 0.6));
  const flipped = Buffer.from(second);
  flipped.writeUInt8(flipped.readUInt8(half.length) ^ 0x55, half.length);
  const wrongSum = Buffer.from(second);
  wrongSum.writeUInt8(wrongSum.readUInt8(second.length - 8) ^ 1, second.length - 8);

  it.each<[string, readonly Buffer[], number]>([
    ['zero padding between members', [first, NULS, second], 2 * n],
    ['zero padding at its end', [first, second, NULS], 2 * n],
    ['one zero', [first, Buffer.alloc(1), second], 2 * n],
    ['zero padding over several chunks', [first, Buffer.alloc(9 * 1024 * 1024 + 7), second], 2 * n],
    ['empty members', [gzipSync(''), first, gzipSync(''), NULS, gzipSync(''), second, gzipSync('')], 2 * n],
    ['every field of a header', [first, NULS, fullHeader(textOf(n, n))], 2 * n],
  ])('with %s loses nothing and says nothing', async (_what, parts, records) => {
    const manifest = await build(...parts);
    expect(manifest.counts).toMatchObject({ read: records, kept: records, quarantined: 0, outsideDay: 0 });
    expect(manifest.truncatedFiles).toBeUndefined();
    const bytes = Buffer.concat(parts);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(manifest.inputs).toEqual([{ file: FILE, hour: '07', bytes: bytes.length, sha256 }]);
  });

  it.each<[string, Buffer]>([
    ['text', Buffer.from('no gzip')],
    ['what begins like a member', Buffer.from([0x1f, 0x8b, 0x08, 0xff, 1, 2, 3])],
    ['one byte', Buffer.from('x')],
  ])('names %s behind a member, and reads the member behind that', async (_what, garbage) => {
    const at = first.length + NULS.length;
    const reason = `after the compressed data at byte ${at} stand ${garbage.length} bytes that are no gzip member`;
    for (const behind of [[], [NULS, second]]) {
      const manifest = await build(first, NULS, garbage, ...behind);
      const kept = behind.length === 0 ? n : 2 * n;
      expect(manifest.counts).toMatchObject({ read: kept + 1, kept, quarantined: 1 });
      expect(manifest.truncatedFiles).toEqual([FILE]);
      expect(await faults()).toEqual([{ file: FILE, line: n + 1, reason, text: '' }]);
    }
  });

  it.each([
    ['a bit in its data is wrong', flipped],
    ['its checksum is wrong', wrongSum],
  ])('reads the members around one of which %s, and names that', async (_what, damaged) => {
    const manifest = await build(first, damaged, third);
    expect(manifest.counts).toMatchObject({ kept: 2 * n, quarantined: 1 });
    expect(manifest.truncatedFiles).toEqual([FILE]);
    await expectIds(2 * n, [0, n], [2 * n, 3 * n]);
    const [fault] = await faults();
    expect(fault).toMatchObject({ file: FILE, line: n + 1, text: '' });
    expect(fault?.reason).toContain(`the gzip member at byte ${first.length} is damaged`);
    expect(fault?.reason).toContain(`${damaged.length} bytes`);
  });

  it.each<[string, readonly Buffer[]]>([
    ['a member', [third]],
    ['zeros and a member', [Buffer.alloc(40_000), third]],
    ['several members', [...Array.from({ length: 20 }, () => gzipSync('')), third]],
  ])('keeps what is left of a member that was cut, where %s follows', async (_what, behind) => {
    const manifest = await build(first, half, ...behind);
    await expectIds(2 * n + 1, [0, 3 * n]);
    const found = await faults();
    expect(found.at(-1)?.reason).toMatch(
      new RegExp(
        `^the gzip member at byte ${first.length} ends before its end, at byte ${first.length + half.length}$`,
      ),
    );
    // Besides it at most the line that was cut.
    expect(found.length).toBeLessThanOrEqual(2);
    expect(manifest.counts.read).toBe(manifest.counts.kept + found.length);
    expect(manifest.truncatedFiles).toEqual([FILE]);
    expect((await rowsOf(output, DAY)).filter((row) => row.includes(helloOf(3 * n - 1)))).toHaveLength(1);
  });

  it.each<[string, readonly Buffer[]]>([
    ['at its end', []],
    ['by zeros to its end', [Buffer.alloc(40_000)]],
  ])('keeps what is left of a member that is cut %s, and no more', async (_what, behind) => {
    const manifest = await build(first, half, ...behind);
    await expectIds(n + 1, [0, 2 * n]);
    const found = await faults();
    expect(found.at(-1)).toMatchObject({ file: FILE, reason: 'the compressed data ends before its end', text: '' });
    expect(found.at(-1)?.line).toBe(manifest.counts.read);
    expect(found.length).toBeLessThanOrEqual(2);
    expect(manifest.truncatedFiles).toEqual([FILE]);
  });

  it.each([1, 2, 5, 12])('names a member of which %d bytes are there', async (bytes) => {
    const manifest = await build(first, second.subarray(0, bytes));
    expect(manifest.counts).toMatchObject({ read: n + 1, kept: n, quarantined: 1 });
    expect(await faults()).toMatchObject([{ line: n + 1, reason: 'the compressed data ends before its end' }]);
  });

  it('is unreadable where nothing in it can be read', async () => {
    for (const content of [flipped, wrongSum, Buffer.alloc(second.length)]) {
      await expect(build(content)).rejects.toMatchObject({
        code: 'UNREADABLE_INPUT',
        what: expect.stringContaining(FILE) as string,
      });
    }
  });

  it('is read as it is where it is not compressed, whatever its name says', async () => {
    const { counts, truncatedFiles } = await build(Buffer.from(textOf(0, n)));
    expect([counts.written, truncatedFiles]).toEqual([n, undefined]);
  });

  it('is taken over by the next build with what was found in it', async () => {
    await build(first, NULS, Buffer.from('no gzip'), second);
    const input = join(root, `input-${count}`);
    await writeFiles(input, { 'names.20261121.08.json': `${event(1, '2026-11-21 08:00:00')}\n` });
    const before = await readFile(join(output, DAY, '_quarantine.ndjson'), 'utf8');
    const loaded = await loadExample('events');
    const manifest = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
    expect(manifest.truncatedFiles).toEqual([FILE]);
    expect(await readFile(join(output, DAY, '_quarantine.ndjson'), 'utf8')).toBe(before);
  });
});

/** A member with FEXTRA, FNAME, FCOMMENT and FHCRC. Its name contains a sequence that begins a member. */
function fullHeader(text: string): Buffer {
  const fields = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x02 | 0x04 | 0x08 | 0x10, 1, 2, 3, 4, 0, 3]),
    Buffer.from([5, 0, 65, 66, 1, 0, 7]),
    Buffer.from([0x6e, 0x1f, 0x8b, 0x08, 0x08, 1, 1, 1, 1, 2, 3, 0x6e, 0]),
    Buffer.from('comment\0'),
  ]);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(text), 0);
  tail.writeUInt32LE(Buffer.byteLength(text), 4);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc32(fields) & 0xffff);
  return Buffer.concat([fields, sum, deflateRawSync(text), tail]);
}
