import { commandsOf } from '../../docs/documented-commands';
import { podsOf, parseManifests } from './manifests';
import { rendered, EXAMPLES } from './chart';
import { helm, helmProgram } from './tools';

// Builds it the first time.
beforeAll(helmProgram, 1_200_000);

const commands = commandsOf('docs/kubernetes.md').map(({ command }) => command);

/** The words of a command line, without the quotes of the shell. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const local = commands.filter((command) => /^helm (template|lint) /.test(command));

it.each(local)('%s', async (command) => {
  expect(await helm(wordsOf(command).slice(1))).toMatchObject({ code: 0 });
});

it('the installation of the page renders what the example does', async () => {
  expect(local).toHaveLength(2);
  const [install = ''] = commands.filter((command) => command.startsWith('helm upgrade --install '));
  const { code, stdout } = await helm(['template', ...wordsOf(install).slice(3)]);
  expect([code, stdout]).toEqual([0, await rendered(EXAMPLES['volume'] ?? [])]);
});

it('the page names Deployments and Services that the chart makes', async () => {
  const text = await rendered(EXAMPLES['volume'] ?? []);
  const owners = podsOf(parseManifests(text)).map(({ owner }) => owner.replace('Deployment ', 'deployment/'));
  const [restart = ''] = commands.filter((command) => command.startsWith('kubectl rollout restart '));
  expect(owners).toEqual(expect.arrayContaining(wordsOf(restart).slice(3)));
  expect(text).toContain('name: daybreak-output');
});
