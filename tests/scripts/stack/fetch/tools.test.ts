import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGo, findJava, findMaven } from '../../../../scripts/stack/fetch/tools';

const { PATH, JAVA_HOME } = process.env;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybreak-tools-'));
  process.env['PATH'] = folder;
  delete process.env['JAVA_HOME'];
});

afterEach(() => {
  process.env['PATH'] = PATH;
  if (JAVA_HOME !== undefined) process.env['JAVA_HOME'] = JAVA_HOME;
  rmSync(folder, { recursive: true });
});

test.each([
  ['Java 17', findJava],
  ['Maven', findMaven],
  ['Go', () => findGo('temporal 1.5.1')],
])('without %s, the error says how to get it and names Docker', async (name, find) => {
  await expect(find()).rejects.toMatchObject({
    code: 'MISSING_TOOL',
    what: expect.stringContaining(name) as string,
    remedy: expect.stringMatching(/^Install .*docker compose up/) as string,
  });
});

test('another version of Java is refused by its number', async () => {
  writeFileSync(join(folder, 'java'), '#!/bin/sh\necho \'openjdk version "21.0.2" 2024-01-16\' >&2\n');
  chmodSync(join(folder, 'java'), 0o755);
  await expect(findJava()).rejects.toThrow(`${join(folder, 'java')} is 21`);
});
