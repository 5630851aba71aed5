import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DaybreakError } from '../../../domain/errors';
import { cached } from './cache';
import type { Progress } from '../progress';
import { runTool } from './run-tool';
import { findMaven } from './tools';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * The folder of a server's jars, in the cache. The first time, Maven copies the jars of ./<name>/pom.xml and checks its
 * repository's checksums. The result must be exactly ./<name>/jars.lock. Throws MISSING_TOOL or DOWNLOAD_FAILED.
 */
export async function copyJars(name: string, version: string, progress: Progress): Promise<string> {
  const fetch = async (staging: string): Promise<void> => {
    const locked = await readLock(name);
    const maven = await findMaven();
    const step = progress.step(`${name} ${version}`);
    const jars = new Set<string>();
    await runTool({
      command: maven,
      args: [
        ...['--batch-mode', '--strict-checksums', '--file', join(__dirname, name, 'pom.xml'), PLUGIN],
        ...[`-DoutputDirectory=${staging}`, '-DincludeScope=runtime'],
      ],
      purpose: `fetching ${name} ${version} with Maven`,
      step,
      onLine(line) {
        const jar = /(?:Downloaded from .*\/|Copying )([^/\s]+\.jar)/.exec(line)?.[1];
        if (jar === undefined || !locked.has(jar)) return;
        jars.add(jar);
        step.update('fetching jars', jars.size, locked.size);
      },
    });
    step.update('checking jars', locked.size, locked.size);
    await verifyJars(name, staging, locked);
    step.done(`${locked.size} jars fetched and verified`);
  };
  return cached(`${name}-${version}`, fetch, progress);
}

/** Maps jar names to their SHA-256, from the committed output of `sha256sum *.jar`. */
export async function readLock(name: string): Promise<Map<string, string>> {
  const lines = (await readFile(join(__dirname, name, 'jars.lock'), 'utf8')).trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** Throws DOWNLOAD_FAILED unless the folder holds exactly the locked jars. */
export async function verifyJars(name: string, folder: string, locked: ReadonlyMap<string, string>): Promise<void> {
  const found = await readdir(folder);
  const wrong = [...locked.keys()].filter((jar) => !found.includes(jar)).map((jar) => `${jar} is missing`);
  for (const jar of found) {
    const expected = locked.get(jar);
    const actual = await sha256(join(folder, jar));
    if (expected === undefined) wrong.push(`${jar} is not in the lock`);
    else if (actual !== expected) wrong.push(`${jar} has SHA-256 ${actual} instead of ${expected}`);
  }
  if (wrong.length > 0) {
    throw new DaybreakError('DOWNLOAD_FAILED', {
      what: `the jars of ${name} are not those of scripts/stack/${name}/jars.lock: ${wrong.join('; ')}`,
      remedy: 'Remove these jars from the local Maven repository and check the mirror in its settings, then try again.',
    });
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
