import { resolve } from 'node:path';
import { ownDependency } from '../../init/own-dependency';
import { repositoryFiles } from '../../init/repository-files';
import { writeNewFiles } from '../../init/write-new-files';
import { print, printJson } from '../../output/print';

export interface InitOptions {
  readonly json: boolean;
}

export async function run(given: string, { json }: InitOptions): Promise<void> {
  const folder = resolve(given);
  const files = await repositoryFiles(folder, await ownDependency(folder, process.argv[1] ?? ''));
  await writeNewFiles(folder, files);
  if (json) {
    printJson({ folder, files: [...files.keys()] });
    return;
  }
  for (const file of files.keys()) print(file);
  print();
  print(`Next, in ${folder}:`);
  print('  npm install');
  print('  npm test');
  print('  npx daybreak demo');
}
