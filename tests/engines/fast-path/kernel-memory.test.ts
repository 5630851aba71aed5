import { kernelSizeFor, LineKernel } from '../../../engines/fast-path/kernel';
import { DAY, loadExample } from '../scratch';

/** What an hour's files declare, and what they hold. */
interface Hour {
  readonly expected: number;
  readonly bytes: number;
  readonly records: number;
}

/** Bytes of a kernel's memory after each of the hours, read one after another. */
async function memoryAfter(hours: readonly Hour[]): Promise<number[]> {
  const { pipeline } = await loadExample('events');
  const kernel = LineKernel.create(pipeline, kernelSizeFor(Math.max(...hours.map(({ bytes }) => bytes))));
  const memory: number[] = [];
  for (const [index, { expected, bytes, records }] of hours.entries()) {
    const hour = String(index).padStart(2, '0');
    kernel?.beginHour({ kind: 'local', prefix: `${DAY} ${hour}:`, fractionDigits: 0 }, expected, kernelSizeFor(bytes));
    const lines = Array.from({ length: records }, (_, id) => `{"hello":"a","id":${id},"time":"${DAY} ${hour}:00:00"}`);
    const scan = await kernel?.scan(Buffer.from(lines.join('\n')), () => Promise.resolve());
    expect(scan).toEqual({ lines: records, misses: [] });
    expect(kernel?.duplicates).toBe(0);
    memory.push(kernel?.memoryBytes ?? NaN);
  }
  return memory;
}

it.each([1_000_000, 10_000_000])('needs no more memory after 24 hours of %d lines than after one', async (lines) => {
  const memory = await memoryAfter(Array(24).fill({ expected: lines, bytes: 64 * lines, records: 1_000 }));
  expect(memory).toEqual(Array(24).fill(memory[0]));
});

it('keeps the table to which an hour of more records than expected made it grow', async () => {
  const crowded = { expected: 1, bytes: 2 ** 21, records: 200_000 };
  const [empty = NaN, ...memory] = await memoryAfter([{ ...crowded, records: 1 }, ...Array<Hour>(4).fill(crowded)]);
  expect(memory[0]).toBeGreaterThan(empty);
  expect(memory).toEqual(Array(4).fill(memory[0]));
});

it('keeps a large table for the small hours after it', async () => {
  const [large, small] = [10_000_000, 1_000].map((expected) => ({ expected, bytes: 64 * expected, records: 1_000 }));
  const memory = await memoryAfter([large, small, large, small].filter((hour) => hour !== undefined));
  expect(memory).toEqual(Array(4).fill(memory[0]));
});
