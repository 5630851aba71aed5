// `npm test` runs this file. It needs no server.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const scratch = mkdtempSync(join(tmpdir(), 'pipelines-'));
after(() => rmSync(scratch, { recursive: true }));

/** The result of a command as --json prints it. Throws if the command fails. */
function daybreak(...args) {
  const program = join('node_modules', 'daybreak', 'scripts', 'daybreak.mjs');
  return JSON.parse(execFileSync(process.execPath, [program, ...args, '--json'], { encoding: 'utf8' }));
}

for (const name of readdirSync('pipelines')) {
  if (!existsSync(join('pipelines', name, 'pipeline.yaml'))) continue;
  test(`${name} passes every check`, () => {
    const { pipeline } = daybreak('pipeline', 'check', join('pipelines', name));
    assert.equal(pipeline.name, name);
  });
}

test('events: an event becomes the row that its users expect, and comes once', () => {
  const places = ['--pipeline', 'pipelines/events', '--input', 'tests/events/input', '--output', scratch];
  const { manifest } = daybreak('batch', 'build', '--date', '2026-11-21', ...places);
  const rows = readFileSync(join(scratch, '2026-11-21', '00.ndjson'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    rows.map((row) => JSON.parse(row)),
    [
      { time: '2026-11-21 00:00:01', user_id: 17, user_name: 'Alan', hello: 'ssm-seoul', uid: 7 },
      { time: '2026-11-21 00:59:59', user_id: 20, user_name: 'Ada', hello: 'ssm-seoul', uid: 0 },
    ],
  );
  assert.equal(manifest.counts.duplicates, 1);
  assert.equal(manifest.counts.quarantined, 1);
});
