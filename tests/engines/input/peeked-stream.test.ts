import { PeekedStream } from '../../../engines/input/peeked-stream';

async function* stream(...parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield await Promise.resolve(Buffer.from(part));
}

async function restOf(peeked: PeekedStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of peeked.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it.each([
  ['of several parts', ['ab', 'cd', 'ef'], 'abc'],
  ['of one part', ['abcdef'], 'abc'],
  ['that is short', ['a', 'b'], 'ab'],
  ['without a byte', [], ''],
])('gives the beginning and then everything: a stream %s', async (_, parts, beginning) => {
  const peeked = new PeekedStream(stream(...parts));
  expect((await peeked.beginning(3)).toString()).toBe(beginning);
  expect(await restOf(peeked)).toBe(parts.join(''));
});

it('gives everything to a reader who did not look', async () => {
  expect(await restOf(new PeekedStream(stream('a', 'b')))).toBe('ab');
});

it('ends the stream if it is closed before its end', async () => {
  const ended = jest.fn();
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield await Promise.resolve(Buffer.from('x'));
    } finally {
      ended();
    }
  }
  const peeked = new PeekedStream(endless());
  await peeked.beginning(2);
  await peeked.close();
  expect(ended).toHaveBeenCalledTimes(1);
});
