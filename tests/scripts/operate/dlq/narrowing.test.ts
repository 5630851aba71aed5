import { Narrowing } from '../../../../scripts/operate/dlq/narrowing';

/** A broker that takes at most this many bytes at once. */
function broker(most: number) {
  const [parts, refused]: [number[][], number[]] = [[], []];
  const send = (part: readonly { readonly offset: number; readonly bytes: number }[], end: number) => {
    if (part.reduce((sum, { bytes }) => sum + bytes, 0) > most) {
      if (part.length === 1) refused.push(...part.map(({ offset }) => offset));
      return Promise.resolve(false);
    }
    parts.push([...part.map(({ offset }) => offset), end]);
    return Promise.resolve(true);
  };
  return { parts, refused, send };
}
const items = (...bytes: number[]) => bytes.map((size, index) => ({ offset: 10 + 2 * index, bytes: size }));

it('sends what is taken at once, and tells the offset behind it', async () => {
  const { parts, refused, send } = broker(100);
  await new Narrowing().send(items(1, 1, 1), 99, send);
  expect({ parts, refused }).toEqual({ parts: [[10, 12, 14, 99]], refused: [] });
});

it('calls once where there is nothing, so that the end can be committed', async () => {
  const { parts, send } = broker(100);
  await new Narrowing().send([], 7, send);
  expect(parts).toEqual([[7]]);
});

it('sends each item once in its order, in parts that are taken, and passes over one that is refused alone', async () => {
  const { parts, refused, send } = broker(10);
  const all = items(4, 4, 4, 11, 4, 4, 10, 1);
  await new Narrowing().send(all, 99, send);
  expect(refused).toEqual([16]);
  expect(parts.flatMap((part) => part.slice(0, -1))).toEqual([10, 12, 14, 18, 20, 22, 24]);
  // The end of a part is where the unsent items begin.
  for (const part of parts) expect(part.at(-1)).toBe((part.at(-2) ?? 0) === 24 ? 99 : (part.at(-2) ?? 0) + 2);
});

it('asks for little more than it sends, however much is refused', async () => {
  const { send } = broker(10);
  let calls = 0;
  const counting = (...given: Parameters<typeof send>) => {
    calls += 1;
    return send(...given);
  };
  const narrowing = new Narrowing();
  for (let slice = 0; slice < 10; slice += 1)
    await narrowing.send(items(...Array<number>(1_000).fill(1)), 5_000, counting);
  // Parts have at most ten items.
  expect(calls).toBeLessThan(4_000);
});
