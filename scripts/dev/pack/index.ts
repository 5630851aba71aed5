import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { workerConverterOf } from '../../../worker/connect';
import { makeWorkflowBundle, packedBundle } from '../../../worker/workflow-bundle';
import { makePageScript, PACKED_PAGE_SCRIPT } from '../../report/page-script';
import { bundleSources } from './bundle-sources';
import { ASSETS, DIST } from './layout';
import { notices, packagesIn } from './notices';
import { shippedPackages } from './shipped-packages';

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()) });

void pack();

/** `npm pack` runs this file before it packs: it makes dist/. */
async function pack(): Promise<void> {
  const [manifest, lock] = await Promise.all([readFile('package.json', 'utf8'), readFile('package-lock.json', 'utf8')]);
  const { dependencies } = manifestSchema.parse(JSON.parse(manifest));
  await rm(DIST, { recursive: true, force: true });
  // esbuild itself stays outside: in a package nothing is left for it to do.
  const bundled = await bundleSources(DIST, [...Object.keys(dependencies), 'esbuild']);
  const packages = packagesIn(bundled);
  const shipped = shippedPackages(lock);
  const unknown = packages.filter((path) => !shipped.has(path));
  if (unknown.length > 0) throw new Error(`scripts/dev/pack/layout.ts does not name ${unknown.join(', ')}`);
  for (const file of ASSETS) await cp(file, join(DIST, file), { recursive: true });
  await write(join('scripts/report', PACKED_PAGE_SCRIPT), await makePageScript());
  const payloadKeys = new Map([['any', Buffer.alloc(32)]]);
  for (const keys of [{}, { payloadKeys }]) {
    const converters = workerConverterOf({ ...keys, strictPayloads: false });
    await write(join('worker', packedBundle(converters)), await makeWorkflowBundle(converters));
  }
  await write('NOTICES.txt', notices(packages));
}

async function write(file: string, text: string): Promise<void> {
  const path = join(DIST, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
