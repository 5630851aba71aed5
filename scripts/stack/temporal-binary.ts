import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache';
import type { Progress } from './progress';
import { runTool } from './run-tool';
import { findGo, onPath } from './tools';

/** Later versions of the command line carry a `replace`, which `go install` refuses. */
const CLI = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const SERVER = [1, 29] as const;
/** Roughly how many packages that build compiles, for the progress bar. */
const PACKAGES = 1500;

/**
 * A `temporal` whose development server is 1.29 or newer: the one on the PATH, else one that Go builds into the cache,
 * verified by Go's checksum database. Throws MISSING_TOOL or DOWNLOAD_FAILED.
 */
export async function temporalBinary(progress: Progress): Promise<string> {
  const installed = await onPath('temporal');
  if (installed !== undefined && (await isSuitable(installed))) return installed;
  const folder = await cached('temporal-1.5.1', async (staging) => {
    const go = await findGo();
    const step = progress.step('temporal 1.5.1');
    let packages = 0;
    step.update('building, about 3 minutes on 2 cores');
    await runTool({
      command: go,
      args: ['install', '-v', '-trimpath', CLI],
      environment: { GOBIN: staging },
      purpose: `building ${CLI} with Go`,
      step,
      onLine(line) {
        if (!line.startsWith('go: ')) packages += 1;
        step.update('building, about 3 minutes on 2 cores', Math.min(packages, PACKAGES), PACKAGES);
      },
    });
    step.done('built');
  });
  return join(folder, 'temporal');
}

async function isSuitable(temporal: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(temporal, ['--version']).catch(() => ({ stdout: '' }));
  const found = /Server (\d+)\.(\d+)/.exec(stdout);
  if (found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > SERVER[0] || (major === SERVER[0] && minor >= SERVER[1]);
}
