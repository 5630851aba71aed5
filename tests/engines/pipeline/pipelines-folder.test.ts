import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderNamed, pipelineNames } from '../../../engines/pipeline/pipelines-folder';
import { scratchFolder } from '../scratch';

const root = scratchFolder();

it('finds folders, and links to folders as Kubernetes and `ln -s` make them', async () => {
  const folder = join(root, 'pipelines');
  await mkdir(join(root, 'elsewhere'), { recursive: true });
  await mkdir(join(folder, '..data/rides'), { recursive: true });
  await mkdir(join(folder, 'clicks'));
  await symlink('..data/rides', join(folder, 'rides'));
  await symlink(join(root, 'elsewhere'), join(folder, 'events'));
  await writeFile(join(folder, 'README.md'), '');
  await symlink('README.md', join(folder, 'LIESMICH'));
  await symlink('nowhere', join(folder, 'gone'));
  // A link to nothing is listed: a command that reads it says what is wrong.
  expect(await pipelineNames(folder)).toEqual(['clicks', 'events', 'gone', 'rides']);
  expect(await folderNamed(folder, 'events')).toBe(join(folder, 'events'));
});
