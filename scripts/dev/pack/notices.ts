import type { Metafile } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

/** The folders of the packages whose code is in a bundle, in alphabetical order. */
export function packagesIn({ outputs }: Metafile): string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** The licences of packages whose code is in the bundle: most of them ask to be named in copies. */
export function notices(folders: readonly string[]): string {
  const texts = folders.map((folder) => {
    const { name, version, license } = manifestSchema.parse(
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    );
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)\b/i.test(file));
    const licences = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`${name} ${version}${license === undefined ? '' : `, ${license}`}`, ...licences].join('\n\n');
  });
  return `The files of this folder contain code of these packages.\n\n${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
