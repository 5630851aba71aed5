import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The commit of the sources that run. It ends with `-dirty` if they were changed since. */
export async function commit(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['describe', '--always', '--dirty', '--abbrev=10']);
  return stdout.trim();
}
