import type { DataConverter } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { makeWorkflowBundle } from '../../worker/workflow-bundle';

const ROOT = resolve(__dirname, '../..');
/** The same as the worker has. */
export const payloadConverterPath = join(ROOT, 'worker/payload-converter.cjs');

export interface KeptBundle {
  readonly codePath: string;
}

/** The workflows as the worker bundles them, made once for all test files and runs with these sources. */
export function keptWorkflowBundle(
  converters: Pick<DataConverter, 'payloadConverterPath' | 'failureConverterPath'> = { payloadConverterPath },
): Promise<KeptBundle> {
  const { payloadConverterPath: ofPayloads, failureConverterPath: ofFailures } = converters;
  const paths = [ofPayloads, ofFailures].filter((path) => path !== undefined);
  const made = [...paths, join(ROOT, 'worker/workflow-bundle.ts')];
  return kept('workflows', ['workflows', 'domain'], made, () => makeWorkflowBundle(converters));
}

/** The same of other workflows, which a folder of the tests holds. They import nothing else of this repository. */
export function keptBundleOf(folder: string): Promise<KeptBundle> {
  return kept('test-workflows', [folder], [], async () => {
    const logger = new DefaultLogger('WARN');
    return (await bundleWorkflowCode({ workflowsPath: join(ROOT, folder), logger })).code;
  });
}

/** @param paths further files which the bundle is made of. */
async function kept(
  name: string,
  folders: readonly string[],
  paths: readonly string[],
  make: () => Promise<string>,
): Promise<KeptBundle> {
  const hash = createHash('sha256');
  const sources = (await Promise.all(folders.map(sourcesIn))).flat();
  for (const path of [join(ROOT, 'package-lock.json'), ...paths, ...sources])
    hash.update(`\n${path}\n`).update(await readFile(path));
  const folder = join(ROOT, 'node_modules/.cache/daybreak-tests');
  const codePath = join(folder, `${name}-${hash.digest('hex').slice(0, 16)}.js`);
  if (!existsSync(codePath)) {
    await mkdir(folder, { recursive: true });
    await replaceFile(codePath, await make());
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
