import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { version } from '../../../package.json';
import { run } from '../../../scripts/cli/actions/init';
import { ownDependency } from '../../../scripts/init/own-dependency';
import { repositoryFiles } from '../../../scripts/init/repository-files';
import { writeNewFiles } from '../../../scripts/init/write-new-files';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();

/** A package of ours below a folder, and npm's record of where it came from. Returns its program. */
async function installed(name: string, record: object | undefined): Promise<string> {
  const modules = join(root, name, 'node_modules');
  const scripts = join(modules, 'daybreak/scripts');
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, 'daybreak.mjs'), '');
  if (record !== undefined) {
    const packages = { 'node_modules/daybreak': record };
    await writeFile(join(modules, '.package-lock.json'), JSON.stringify({ packages }));
  }
  return join(scripts, 'daybreak.mjs');
}

const TARBALL = `artifacts.example.com/releases/daybreak-${version}.tgz`;
const GIT = 'git+ssh://git@git.example.com:ours/daybreak.git#56373b0c91390c493e636d5e585b29c608899ffe';

it.each([
  ['from a registry', { version, resolved: `https://npm.example.com/daybreak/-/daybreak-${version}.tgz` }, version],
  ['from a registry whose address npm does not record', { version }, version],
  ['from a file', { version, resolved: 'file:../daybreak.tgz' }, 'file:../../daybreak.tgz'],
  ['from an address', { version, resolved: `https://${TARBALL}` }, `https://${TARBALL}`],
  ['from Git', { version, resolved: GIT }, GIT],
])('a repository depends on the package as it was installed: %s', async (how, record, dependency) => {
  const program = await installed(how, record);
  expect(await ownDependency(join(root, how, 'ours'), program)).toEqual({ dependency, isRecorded: true });
});

it.each([
  ['for all users of the machine', undefined, version],
  ['with a password', `https://user:hunter2@${TARBALL}`, `https://${TARBALL}`],
  [
    'with a token as the user',
    'git+https://hunter2@git.example.com/daybreak.git#5637',
    'git+https://git.example.com/daybreak.git#5637',
  ],
  [
    'with a password of SSH',
    'git+ssh://git:hunter2@git.example.com/daybreak.git#5637',
    'git+ssh://git@git.example.com/daybreak.git#5637',
  ],
  ['with a token in the query', `https://${TARBALL}?token=hunter2`, `https://${TARBALL}`],
])('a repository has no login of an address, and is not sure of it: %s', async (how, resolved, dependency) => {
  const program = await installed(how, resolved === undefined ? undefined : { version, resolved });
  expect(await ownDependency(join(root, how, 'ours'), program)).toEqual({ dependency, isRecorded: false });
});

it('says what to install where npm did not record where Daybreak came from', async () => {
  const nextSteps = async (how: string, record: object | undefined): Promise<string> => {
    const argv = process.argv;
    process.argv = ['node', await installed(how, record)];
    let shown = '';
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => (shown += String(text)) !== '');
    await run(join(root, how, 'ours'), { json: false });
    spy.mockRestore();
    process.argv = argv;
    return shown;
  };
  expect(await nextSteps('all', undefined)).toContain(`if npm finds no daybreak ${version}: npm install FILE\n`);
  expect(await nextSteps('own', { version })).toContain('\n  npm install\n');
  expect(await nextSteps('login', { version, resolved: `https://hunter2@${TARBALL}` })).toContain(
    `if npm finds no daybreak https://${TARBALL}: npm install FILE\n`,
  );
});

it('a repository depends on the checkout that made it, also by a link to its program', async () => {
  const scripts = join(root, 'checkout/scripts');
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, 'daybreak.mjs'), '');
  await symlink(join(scripts, 'daybreak.mjs'), join(root, 'link'));
  expect(await ownDependency(join(root, 'ours'), join(root, 'link'))).toEqual({
    dependency: 'file:../checkout',
    isRecorded: true,
  });
});

it.each([
  ['events', 'events'],
  ['Our Pipelines', 'our-pipelines'],
  ['daybreak', 'pipelines'],
  ['.hidden', 'hidden'],
  ['日々', 'pipelines'],
])('the folder %j gives the repository the name %j', async (folder, name) => {
  const files = await repositoryFiles(join('/srv', folder), '1.0.0');
  expect(JSON.parse(files.get('package.json') ?? '')).toMatchObject({ name, dependencies: { daybreak: '1.0.0' } });
});

it('has no variable of the containers, and every one of the worker', async () => {
  const ours = (await repositoryFiles('/srv/ours', '1.0.0')).get('.env.example') ?? '';
  expect(ours).not.toMatch(/POSTGRES|COMPOSE|docker-compose/);
  for (const name of ['TEMPORAL_ADDRESS', 'KAFKA_BROKERS', 'DRUID_BROKER_URL', 'DAYBREAK_DATA', 'AWS_REGION']) {
    expect(ours).toContain(`#${name}=`);
  }
});

it('writes into a folder that has other files, and nothing where one of its own is', async () => {
  const folder = join(root, 'written');
  await writeNewFiles(folder, new Map([['a', 'one']]));
  await writeNewFiles(folder, new Map([['b/c', 'two']]));
  const again = new Map([
    ['a', 'three'],
    ['d', 'four'],
  ]);
  await expect(writeNewFiles(folder, again)).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    what: `${folder} has a already`,
  });
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('one');
  await expect(readFile(join(folder, 'd'))).rejects.toThrow('ENOENT');
});

it('says so where it cannot write', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(writeNewFiles(join(root, 'file'), new Map([['a', '']]))).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    what: expect.stringContaining(join(root, 'file')) as string,
  });
});
