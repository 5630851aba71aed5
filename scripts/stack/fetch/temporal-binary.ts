import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { goInstalled } from './go-install';
import type { Progress } from '../progress';
import { onPath } from './tools';

/** Later versions of the command line have a `replace` directive, which `go install` refuses. */
const CLI = { title: 'temporal 1.5.1', module: 'github.com/temporalio/cli/cmd/temporal@v1.5.1', packages: 1500 };
const SERVER = [1, 29] as const;

/**
 * A `temporal` whose development server is 1.29 or newer: the one on the PATH, else one that Go builds into the cache
 * and verifies by Go's checksum database. Throws MISSING_TOOL or DOWNLOAD_FAILED.
 */
export async function temporalBinary(progress: Progress): Promise<string> {
  const installed = await onPath('temporal');
  if (installed !== undefined && (await isSuitable(installed))) return installed;
  return goInstalled(CLI, progress);
}

async function isSuitable(temporal: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(temporal, ['--version']).catch(() => ({ stdout: '' }));
  const found = /Server (\d+)\.(\d+)/.exec(stdout);
  if (found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > SERVER[0] || (major === SERVER[0] && minor >= SERVER[1]);
}
