import { readFileSync } from 'node:fs';
import { composeParser, parseCompose, type Project } from './check/compose-project';

const PASSWORDS = {
  POSTGRES_PASSWORD: 'given',
  DRUID_METADATA_PASSWORD: 'given',
  TEMPORAL_DATABASE_PASSWORD: 'given',
  NOTEBOOKS_TOKEN: 'given',
};

// Builds the parser the first time.
beforeAll(composeParser, 1_200_000);

/** The variables of all containers, as `container NAME=value`. */
function variablesOf({ services }: Project): string[] {
  return Object.entries(services).flatMap(([container, { environment }]) =>
    Object.entries(environment).map(([name, value]) => `${container} ${name}=${value ?? ''}`),
  );
}

it('the page names every variable by which an exported one of the shell changes a container', async () => {
  const text = readFileSync('docker-compose.yml', 'utf8');
  const { project, variables } = await parseCompose(text, PASSWORDS);
  const before = variablesOf(project);
  const names = before.map((variable) => variable.replace(/^\S+ (\w+)=.*$/s, '$1'));
  const all = [...names, ...Object.keys(variables)].map((name): [string, string] => [name, './of-the-shell']);
  const exported = { ...Object.fromEntries(all), ...PASSWORDS };
  const after = variablesOf((await parseCompose(text, exported)).project);
  const changed = after
    .filter((variable) => !before.includes(variable))
    .map((variable) => /(\w+)=/.exec(variable)?.[1]);
  expect(changed).toContain('AWS_ENDPOINT_URL_S3');

  const page = readFileSync('docs/deploying.md', 'utf8');
  const [, sentence = ''] = /start it from a\s+shell that does not export ([^.]*)\./.exec(page) ?? [];
  const named = [...sentence.matchAll(/`(\w+_)\*`/g)].map(([, prefix = '']) => prefix);
  expect(changed.filter((name) => !named.some((prefix) => name?.startsWith(prefix)))).toEqual([]);
});
