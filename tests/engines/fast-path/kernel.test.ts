import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runDayBuild } from '../../../engines/build-day';
import { openMicroBatch } from '../../../engines/duckdb/micro-batch';
import { DAY, loadExample, rowsOf, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

it('is what its source compiles to', () => {
  const compiled = join(root, 'line-kernel.wasm');
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { kernel: string } };
  const [, ...args] = scripts.kernel.replace('engines/fast-path/line-kernel.wasm', compiled).split(' ');
  execFileSync('node_modules/.bin/asc', args);
  expect(readFileSync('engines/fast-path/line-kernel.wasm').equals(readFileSync(compiled))).toBe(true);
}, 60_000);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.integer({ min: -99, max: 99 }), fc.nat(9999)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '-0.5',
    '1e3',
    '1.50',
    '123456789012345',
    '1234567890.12345',
    '0.1',
    '00',
    '1.',
    '.5',
  ),
);
const offset = fc.constantFrom('Z', '+00:00', '-05:00', '+09:00', '-14:59', '+15:00', '+0900', '');
const two = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((n) => String(n).padStart(2, '0'));
const at = fc
  .tuple(
    two(20, 23),
    fc.oneof(two(14, 16), two(0, 24)),
    fc.oneof(two(0, 3), two(0, 60)),
    fc.constantFrom('', '.5', '.999999999', '.', '.1234567890'),
    offset,
  )
  .map(([day, hour, minute, fraction, zone]) => `2026-11-${day}T${hour}:${minute}:59${fraction}${zone}`);
const ride = fc
  .tuple(
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: -1, max: 140 }),
    number,
    fc.constantFrom('true', 'false', 'null', '1'),
    at,
  )
  .chain(([id, zone, fare, shared, time]) =>
    fc.shuffledSubarray([`"ride":${id}`, `"zone":${zone}`, `"fare":${fare}`, `"shared":${shared}`, `"at":"${time}"`], {
      minLength: 5,
    }),
  )
  .map((fields) => `{${fields.join(',')}}`);

it('takes only what the rule takes, and drops only what has the same identity', async () => {
  const rides = await loadExample('rides');
  const transform = await openMicroBatch(rides);
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(ride, { minLength: 1, maxLength: 80 }), async (records) => {
        run += 1;
        const [input, output] = [join(root, `input-${run}`), join(root, `output-${run}`)];
        await writeFiles(input, { 'rides-20261121-15.json': records.join('\n') });
        const { rejects } = await transform.run(records.map((record) => Buffer.from(record)));
        const { counts } = await runDayBuild(rides, { date: DAY, input, output, engine: 'duckdb', threads: 1 });
        expect(counts.quarantined).toBe(rejects.length);
        expect(counts.read).toBe(records.length);

        // Of an identity the first valid record of the day stays: by hour, then by line.
        const rejected = new Set(rejects.map(({ index }) => index));
        const valid = records.flatMap((record, index) => {
          const { ride: id, at: time } = rejected.has(index) ? { ride: 0, at: '' } : (JSON.parse(record) as Ride);
          const hour = localHour(time);
          return hour?.startsWith(DAY) === true ? [{ record, id, hour }] : [];
        });
        valid.sort((a, b) => a.hour.localeCompare(b.hour));
        const first = new Map(valid.toReversed().map(({ id, record }) => [id, record]));
        const { messages } = await transform.run([...first.values()].map((record) => Buffer.from(record)));
        expect((await rowsOf(output, DAY)).sort()).toEqual(messages.map(({ value }) => value).sort());
        await rm(input, { recursive: true });
        await rm(output, { recursive: true });
      }),
      { numRuns: 60 },
    );
  } finally {
    transform.close();
  }
}, 600_000);

interface Ride {
  readonly ride: number;
  readonly at: string;
}

/** The hour of a valid time in New York, such as 2026-11-21T07; undefined for ''. */
function localHour(time: string): string | undefined {
  if (time === '') return undefined;
  return new Date(Date.parse(time.replace(/\.\d+/, '')) - 5 * 3_600_000).toISOString().slice(0, 13);
}
