import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadPipeline } from '../../engines/load-pipeline';
import { SEARCH_ATTRIBUTES } from '../../scripts/stack/servers/temporal';
import { checkDeployment } from './check';
import { composeParser } from './check/compose-project';
import { readFiles } from './check/deployment';

const ROOT = resolve(__dirname, '../..');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const FILES = [
  'docker-compose.yml',
  'deploy/fluentd/Dockerfile',
  'deploy/turnilo/Dockerfile',
  'deploy/worker/Dockerfile',
];
const REFERENCE = /^ *(?:image:|FROM) (\S+:\S+)/gm;

let folder: string;
// Builds the parser the first time.
beforeAll(composeParser, 1_200_000);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-digests-'));
  for (const name of ['docker-compose.yml', 'deploy'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * Runs the command of the page. Tests can reach no registry with images, so another program answers in Docker's place.
 */
async function pin(docker: string): Promise<void> {
  const page = await readFile(join(ROOT, 'docs/deploying.md'), 'utf8');
  const [, command = ''] = /```\n(for image in [\s\S]*?)\n```/.exec(page) ?? [];
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin/docker'), `#!/bin/sh\n${docker}\n`);
  await chmod(join(folder, 'bin/docker'), 0o755);
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  execFileSync('sh', ['-c', command === '' ? 'exit 9' : `${command}; true`], { cwd: folder, env });
}

const textsOf = (root: string): Promise<string[]> =>
  Promise.all(FILES.map((file) => readFile(join(root, file), 'utf8')));
const references = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => [...text.matchAll(REFERENCE)].map(([, image = '']) => image));

it('the command of the page leaves everything as it is where an image is not found', async () => {
  await pin('exit 1');
  expect(await textsOf(folder)).toEqual(await textsOf(ROOT));
});

it('the command of the page pins each image by its digest, once, and the deployment is still right', async () => {
  const before = references(await textsOf(ROOT));
  expect(before.length).toBeGreaterThan(12);
  await pin(`test "$1 $2 $3" = "buildx imagetools inspect" && echo ${DIGEST}`);
  await pin(`echo ${DIGEST}`);
  const texts = await textsOf(folder);
  expect(references(texts)).toEqual(before.map((image) => `${image}@${DIGEST}`));
  const { pipeline, outputColumns } = await loadPipeline(join(ROOT, 'pipelines/events'));
  const files = new Map([
    ...readFiles(ROOT),
    ...FILES.map((file, index): [string, string] => [file, texts[index] ?? '']),
  ]);
  expect(await checkDeployment(files, { pipeline, outputColumns, searchAttributes: SEARCH_ATTRIBUTES })).toEqual([]);
});
