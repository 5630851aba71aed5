import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { pipelineNames } from '../../../engines/pipeline/pipelines-folder';
import { EXAMPLES, rendered } from './chart';
import { ofKind, parseManifests, podsOf, type Manifest } from './manifests';
import { helmProgram } from './tools';

// Builds it the first time.
beforeAll(helmProgram, 1_200_000);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'daybreak-mounted-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Lays the ConfigMaps out below `root` as the kubelet does: each file is a link through the link `..data`. */
async function mount(manifests: readonly Manifest[], version: string): Promise<void> {
  const [pod] = podsOf(manifests).filter(({ isWorker }) => isWorker);
  for (const { name, mountPath } of pod?.spec.containers[0]?.volumeMounts ?? []) {
    const configMap = pod?.spec.volumes.find((volume) => volume.name === name)?.configMap;
    const found = ofKind(manifests, 'ConfigMap').find(({ metadata }) => metadata.name === configMap?.name);
    if (found === undefined) continue;
    const folder = join(root, mountPath);
    for (const { key, path } of configMap?.items ?? []) {
      const file = join(folder, version, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, found.data[key] ?? '');
      const [top = ''] = path.split('/');
      await symlink(join('..data', top), join(folder, top)).catch(() => undefined);
    }
    await symlink(version, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  }
}

it.each([
  ['everything', 'clicks'],
  ['volume', 'events'],
])('the worker loads the pipelines that the values of %s mount', async (example, name) => {
  const manifests = parseManifests(await rendered(EXAMPLES[example] ?? []));
  await mount(manifests, '..2026_11_28_01');
  const folder = join(root, 'etc/daybreak/pipelines');
  expect(await pipelineNames(folder)).toEqual([name]);
  expect((await loadPipelineNamed(folder, name)).pipeline.name).toBe(name);
});

it('an edit of a ConfigMap arrives in the mounted folder', async () => {
  const text = await rendered(EXAMPLES['everything'] ?? []);
  await mount(parseManifests(text), '..2026_11_28_01');
  const folder = join(root, 'etc/daybreak/pipelines');
  const before = await loadPipelineNamed(folder, 'clicks');
  await mount(parseManifests(text.replace('DE,Germany', 'DE,Deutschland')), '..2026_11_28_02');
  const after = await loadPipelineNamed(folder, 'clicks');
  expect(after.hashes.transform).toBe(before.hashes.transform);
  expect(after.hashes.tables).not.toEqual(before.hashes.tables);
});
