import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
/** The same as the worker has. */
export const payloadConverterPath = join(ROOT, 'worker/payload-converter.cjs');

/** The workflows as the worker bundles them, made once for all test files and runs with these sources. */
export async function keptWorkflowBundle(): Promise<{ codePath: string }> {
  const hash = createHash('sha256').update(await readFile(join(ROOT, 'package-lock.json')));
  for (const path of [payloadConverterPath, ...(await sourcesIn('workflows')), ...(await sourcesIn('domain'))])
    hash.update(`\n${path}\n`).update(await readFile(path));
  const folder = join(ROOT, 'node_modules/.cache/daybreak-tests');
  const codePath = join(folder, `workflows-${hash.digest('hex').slice(0, 16)}.js`);
  if (await readFile(codePath).then(Boolean, () => false)) return { codePath };
  const workflowsPath = join(ROOT, 'workflows');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    payloadConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
  await mkdir(folder, { recursive: true });
  await writeFile(`${codePath}.${process.pid}`, code);
  await rename(`${codePath}.${process.pid}`, codePath);
  return { codePath };
}

async function sourcesIn(folder: string): Promise<string[]> {
  const files = await readdir(join(ROOT, folder), { recursive: true });
  return files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => join(ROOT, folder, file));
}
