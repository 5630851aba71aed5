import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const PROGRAM = `
import json, sys
sys.path.insert(0, "engines/spark/python")
import daybreak_files
from daybreak_files import SplitContent, hashes_of
path, size, starts, block = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
daybreak_files.BLOCK_BYTES = block
file = {"file": "a", "bytes": size, "isLines": True, "place": {"kind": "local", "path": path}}
alone, lines = [], []
for start, end in zip(starts, [*starts[1:], size]):
    part = SplitContent(file, start, end)
    lines.append(b"".join(part.blocks()).decode())
    alone.append(part.part)
print(json.dumps({"whole": hashes_of(file, starts)[1], "alone": alone, "lines": lines}))
`;

interface Parts {
  readonly whole: readonly string[];
  readonly alone: readonly string[];
  readonly lines: readonly string[];
}

/** The hashes of the parts of a file, from all of it and from each part alone, and the lines of each part. */
async function partsOf(text: string, starts: readonly number[], blockBytes: number): Promise<Parts> {
  await writeFiles(root, { 'file.ndjson': text });
  const values = [join(root, 'file.ndjson'), String(text.length), JSON.stringify(starts), String(blockBytes)];
  const { stdout } = await promisify(execFile)('python3', ['-B', '-c', PROGRAM, ...values]);
  return JSON.parse(stdout) as Parts;
}

it.each([
  ['lines that begin in each part', 'aaaa\nbb\ncccc\ndd\n', [0, 6, 11]],
  ['parts that begin with a line', 'aaaa\nbb\ncccc\ndd\n', [0, 5, 8]],
  ['a line that is longer than a part', `a\n${'b'.repeat(20)}\nc\n`, [0, 4, 8, 12, 23]],
  ['no line feed at all', 'b'.repeat(20), [0, 5, 10]],
  ['an end without a line feed', 'aaaa\nbb\ncccc', [0, 6, 9]],
])('are the same from all of a file as from each part alone: %s', async (_, text, starts) => {
  for (const blockBytes of [1, 3, 1024]) {
    const { whole, alone, lines } = await partsOf(text, starts, blockBytes);
    expect(lines.join('')).toBe(text);
    expect(whole).toEqual(alone);
  }
});
