import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readDamagedGzip, type FileFault } from '../../../../engines/input/gzip/damaged-gzip';
import { scratchFolder } from '../../scratch';

const root = scratchFolder();

const digestOf = (id: number): string => createHash('sha256').update(String(id)).digest('base64');
const linesOf = (from: number, count: number): string =>
  Array.from({ length: count }, (_, at) => `{"id":${from + at},"digest":"${digestOf(from + at)}"}\n`).join('');

interface Damage {
  /** Lines of each member. */
  readonly lines: number;
  /** The place in the second member, as a share of its length. */
  readonly at: number;
  /** Either the member ends there, or one of its bits is wrong. */
  readonly kind: 'cut' | 'flipped';
  readonly zeros: number;
  readonly isLast: boolean;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  lines: fc.constantFrom(1, 4, 300, 5000),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom('cut', 'flipped'),
  zeros: fc.constantFrom(0, 1, 7, 8, 9, 600, 70_000),
  isLast: fc.boolean(),
});

it('alters no line and loses none of a whole member, whatever became of the one between', async () => {
  const path = join(root, 'file.gz');
  await fc.assert(
    fc.asyncProperty(damage, async ({ lines, at, kind, zeros, isLast }) => {
      const members = [0, 1, 2].map((member) => gzipSync(linesOf(member * lines, lines)));
      const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = members;
      const place = Math.floor(at * second.length);
      const flipped = Buffer.from(second);
      flipped.writeUInt8(second.readUInt8(place) ^ (1 << (place % 8)), place);
      const damaged = kind === 'cut' ? second.subarray(0, place) : flipped;
      await writeFile(path, Buffer.concat([first, damaged, Buffer.alloc(zeros), ...(isLast ? [] : [third])]));

      const content: Buffer[] = [];
      let faults: readonly FileFault[] = [];
      const chunks = readDamagedGzip(path, (read) => {
        faults = read.faults;
      });
      for await (const chunk of chunks) content.push(Buffer.from(chunk));

      const ids = new Set<number>();
      const broken: string[] = [];
      for (const line of Buffer.concat(content).toString().split('\n').slice(0, -1)) {
        const [, id, digest] = /^\{"id":(\d+),"digest":"([^"]*)"\}$/.exec(line) ?? [];
        if (id === undefined) broken.push(line);
        else expect([id, digest]).toEqual([id, digestOf(Number(id))]);
        ids.add(Number(id));
      }
      expect(broken.length).toBeLessThanOrEqual(1);
      const whole = Array.from({ length: lines }, (_, id) => [id, ...(isLast ? [] : [2 * lines + id])]).flat();
      expect(whole.filter((id) => !ids.has(id))).toEqual([]);
      const isComplete = Array.from({ length: lines }, (_, id) => lines + id).every((id) => ids.has(id));
      // A wrong bit in the header may do no harm.
      expect(faults.length).toBeLessThanOrEqual(1);
      if (!isComplete && place > 0) expect(faults).toHaveLength(1);
    }),
    { numRuns: 60 },
  );
});
