import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NotWhole, readLargeFile, readSmallFile, type ReadFile } from '../../../engines/input/file-bytes';
import { zstdFrame } from '../../../tests/clients/kafka/hostile-batches';
import { claim, unlessRefused, type Target } from '../target';

const NAMES = ['a.json', 'a.json.gz', 'a.json.zst'];
const SMALL = 256 * 1024;
const MOST_UNPACKED = 64 * 2 ** 20;
const LINES = '{"id":1,"time":"2026-11-21 07:00:00"}\n{"id":2}\n';

/** A file of input. The first byte says what its name is and how its records are framed. The rest is its content. */
export async function open(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-fuzz-'));
  const packed = gzipSync(LINES);
  const contents = [
    ...[
      Buffer.from(LINES),
      Buffer.from(`\ufeff[${LINES.replaceAll('\n', ',')}]`),
      packed,
      zstdFrame([Buffer.from(LINES)]),
    ],
    ...[Buffer.concat([packed, Buffer.alloc(3), packed]), packed.subarray(0, -9)],
  ];
  return {
    seeds: contents.flatMap((content) =>
      [0, 1, 2, 3, 4, 5].map((kind) => Buffer.concat([Buffer.from([kind]), content])),
    ),
    words: [
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      '\\',
      '\n',
      '\r\n',
      '\ufeff',
      '{}',
      packed,
      packed.subarray(0, 10),
      '\x28\xb5\x2f\xfd',
    ],
    async read(input) {
      const [kind = 0] = input;
      const file = NAMES[kind % NAMES.length] ?? '';
      const framing = kind % 6 < NAMES.length ? 'lines' : 'json';
      const listed = { file, path: join(folder, file) };
      await writeFile(listed.path, input.subarray(1));
      const small = await unlessRefused(['UNREADABLE_INPUT'], () => readSmallFile(listed, SMALL, { framing }));
      const quick = await largeFile(listed, framing, false);
      const careful = await largeFile(listed, framing, true);
      if (quick !== undefined && quick !== 'damaged') {
        claim(quick === careful, `read carefully it is ${String(careful)}, and otherwise ${quick}`);
      }
      if (small === undefined || typeof small === 'string') return;
      const text = described(small.content, small.read);
      claim(text === careful, `read as a small file it is ${text}, and as a large one ${String(careful)}`);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function largeFile(
  listed: { readonly file: string; readonly path: string },
  framing: 'lines' | 'json',
  carefully: boolean,
): Promise<string | undefined> {
  try {
    return await unlessRefused(['UNREADABLE_INPUT'], async () => {
      let read: ReadFile | undefined;
      const chunks: Buffer[] = [];
      let bytes = 0;
      const none = { unread: undefined, fetch: undefined, stream: undefined };
      for await (const chunk of readLargeFile(
        { ...listed, ...none },
        { carefully, framing },
        (found) => (read = found),
      )) {
        bytes += chunk.length;
        claim(bytes <= MOST_UNPACKED, `${bytes} bytes of so small a file`);
        chunks.push(Buffer.from(chunk));
      }
      if (read === undefined) throw new Error('the end was not reached, and nobody said so');
      return described(Buffer.concat(chunks), read);
    });
  } catch (thrown) {
    if (thrown instanceof NotWhole && !carefully) return 'damaged';
    throw thrown;
  }
}

function described(content: Buffer, { bytes, sha256, faults }: ReadFile): string {
  return `${content.toString('base64')} ${bytes} ${sha256} ${JSON.stringify(faults)}`;
}
