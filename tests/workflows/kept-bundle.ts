import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { createLogger } from '../../scripts/output/log';
import { makeWorkflowBundle } from '../../worker/workflow-bundle';

const ROOT = resolve(__dirname, '../..');
/** The same as the worker has. */
export const payloadConverterPath = join(ROOT, 'worker/payload-converter.cjs');

/** The workflows as the worker bundles them, made once for all test files and runs with these sources. */
export async function keptWorkflowBundle(): Promise<{ codePath: string }> {
  const hash = createHash('sha256');
  const sources = [...(await sourcesIn('workflows')), ...(await sourcesIn('domain'))];
  for (const path of [join(ROOT, 'package-lock.json'), payloadConverterPath, ...sources])
    hash.update(`\n${path}\n`).update(await readFile(path));
  const folder = join(ROOT, 'node_modules/.cache/daybreak-tests');
  const codePath = join(folder, `workflows-${hash.digest('hex').slice(0, 16)}.js`);
  if (!existsSync(codePath)) {
    await mkdir(folder, { recursive: true });
    await replaceFile(codePath, await makeWorkflowBundle({ payloadConverterPath }, createLogger('error')));
  }
  return { codePath };
}

async function sourcesIn(folder: string): Promise<string[]> {
  const files = await readdir(join(ROOT, folder), { recursive: true });
  return files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => join(ROOT, folder, file));
}
