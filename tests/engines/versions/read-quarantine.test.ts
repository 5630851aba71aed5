import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writeQuarantine, type QuarantinedRecord } from '../../../engines/versions/quarantine';
import { kindOfReason, readQuarantine } from '../../../engines/versions/read-quarantine';
import { scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

it.each([
  ['not JSON', 'not JSON'],
  ['time is missing', 'time is missing'],
  ['id is "x", not an integer of 64 bits', 'id is …, not an integer of 64 bits'],
  ['id is "a is b, not c", not an integer of 64 bits', 'id is …, not an integer of 64 bits'],
  ['id is "a\u2028b\u2029\u0085", not an integer of 64 bits', 'id is …, not an integer of 64 bits'],
  ['tags[12] is 5, not a string', 'tags[…] is …, not a string'],
  ['tags (user.tags[3]) is 5, not a string', 'tags (user.tags[…]) is …, not a string'],
  ['raw is {"a":1e999}, which has a number that no double holds', 'raw is …, which has a number that no double holds'],
  [
    'raw is {"a":1,"a":2}, in which a key occurs twice in an object',
    'raw is …, in which a key occurs twice in an object',
  ],
  [
    'time is 1795215600, not epoch-milliseconds of the years 1900 to 2099; it looks like epoch-seconds',
    'time is …, not epoch-milliseconds of the years 1900 to 2099; it looks like epoch-seconds',
  ],
  [
    "the transform fails on it: Invalid Input Error: the row's at is 2026-11-21 09:00:00, another hour than 2026-11-21 07:00:00, the time of its event",
    "the transform fails on it: Invalid Input Error: the row's at is …, another hour than …, the time of its event",
  ],
  [
    'the transform fails on it: Out of Range Error: Overflow in multiplication of INT64 (9000000000000000000 * 4)!',
    'the transform fails on it: Out of Range Error',
  ],
  [
    'the gzip member at byte 512 is damaged (incorrect data check): its 40 bytes were left out',
    'the gzip member at byte … is damaged (incorrect data check): its … bytes were left out',
  ],
  [
    'larger than 1048576 bytes, which events.maximumBytes allows',
    'larger than 1048576 bytes, which events.maximumBytes allows',
  ],
])('the kind of %j is %j', (reason, kind) => {
  expect(kindOfReason(reason)).toBe(kind);
});

it('is read as it was written, record by record', async () => {
  const path = join(root, 'written.ndjson');
  const record = { file: 'a.json', line: 1, reason: 'not JSON', text: 'a\u2028b\n\r\u0085' };
  const long = { ...record, line: 2, text: 'x'.repeat(300_000), base64: 'eA==', cutFrom: 400_000 };
  const records = [record, long, { ...record, line: 3, text: '' }];
  await writeQuarantine(path, Readable.from(records));
  const read: QuarantinedRecord[] = [];
  for await (const one of readQuarantine(path)) read.push(one);
  expect(read).toEqual(records);
});

it('is refused with its line where something has changed it', async () => {
  const good = JSON.stringify({ file: 'a.json', line: 1, reason: 'not JSON', text: '' });
  await writeFiles(root, { 'changed.ndjson': `${good}\n{"file":5}\n` });
  const records = readQuarantine(join(root, 'changed.ndjson'));
  expect((await records.next()).done).toBe(false);
  await expect(records.next()).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    what: expect.stringContaining('line 2 of ') as string,
  });
});
