import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../../scripts/stack/fetch/cache';
import { measure } from './measure';

/** A Python environment with what requirements.txt pins, made once. Throws with pip's last words if that fails. */
export async function pythonEnvironment(): Promise<string> {
  const requirements = 'bench/batch/python/requirements.txt';
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8);
  return cached(`bench-batch-python-${version}`, async (staging) => {
    await measure('making the Python environment', ['python3', '-m', 'venv', staging]);
    await measure('installing chDB, Polars and PySpark', [
      ...[join(staging, 'bin/python'), '-m', 'pip', 'install', '--quiet', '--requirement', requirements],
    ]);
  });
}
