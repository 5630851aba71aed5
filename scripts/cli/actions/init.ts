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
  const { dependency, isRecorded } = await ownDependency(folder, process.argv[1] ?? '');
  const files = await repositoryFiles(folder, dependency);
  await writeNewFiles(folder, files);
  if (json) {
    printJson({ folder, files: [...files.keys()] });
    return;
  }
  for (const file of files.keys()) print(file);
  print();
  print(`Next, in ${folder}:`);
  print(
    isRecorded ? '  npm install' : `  npm install        # if npm finds no daybreak ${dependency}: npm install FILE`,
  );
  print('  npm test');
  print('  npx daybreak demo');
  if (!isRecorded)
    print('FILE is the package from which Daybreak was installed on this machine, such as daybreak-….tgz.');
}
