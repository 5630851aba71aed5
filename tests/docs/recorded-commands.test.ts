import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingLines, recordedCommands } from './recorded-commands';

it('reads commands with their lines from the blocks that have them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-recorded-'));
  try {
    const page = join(folder, 'page.md');
    writeFileSync(page, '# A\n```\n$ one\n1\n…\n\n2\n$ two\n```\n```\nnpx none\n```\n```console\n$ three\n3\n```\n');
    expect(recordedCommands(page)).toEqual([
      { command: 'one', output: ['1', '2'] },
      { command: 'two', output: [] },
      { command: 'three', output: ['3'] },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('finds lines that are gone or in another order, and passes over what differs from run to run', () => {
  const printed = 'Kafka: up at 127.0.0.1:27402 (29.0 s)\n│ 2026-11-27 │  replaced │\n20,144 lines\n';
  expect(missingLines(['Kafka: up at 127.0.0.1:9092 (8.1 s)', '20,144 lines'], printed)).toEqual([]);
  expect(missingLines(['│ 2026-01-01 │ replaced │'], printed)).toEqual([]);
  expect(missingLines(['20,145 lines'], printed)).toEqual(['20,145 lines']);
  expect(missingLines(['20,144 lines', '│ 2026-01-01 │ replaced │'], printed)).toEqual(['│ 2026-01-01 │ replaced │']);
});
