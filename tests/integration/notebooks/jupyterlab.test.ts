import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { composeParser, parseCompose, type Service } from '../../deploy/check/compose-project';
import { scratchFolder } from '../../engines/scratch';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';
import { jupyterProgram, type JupyterProgram } from './run-notebook';

const TOKEN = 'a-token-of-this-test';
const root = scratchFolder();
const work = join(root, 'work');
const token = join(root, 'token');
let program: JupyterProgram;
let service: Service;
let port: number;
let child: ChildProcess | undefined;

// Fetches JupyterLab, and builds the parser of Compose files, the first time.
beforeAll(async () => {
  program = await jupyterProgram();
  await composeParser();
}, 1_200_000);
beforeAll(async () => {
  const passwords = ['POSTGRES_PASSWORD', 'DRUID_METADATA_PASSWORD', 'TEMPORAL_DATABASE_PASSWORD', 'NOTEBOOKS_TOKEN'];
  const given = Object.fromEntries(passwords.map((name) => [name, 'given']));
  const { project } = await parseCompose(await readFile('docker-compose.yml', 'utf8'), given);
  const { notebooks } = project.services;
  if (notebooks === undefined) throw new Error('docker-compose.yml has no service notebooks');
  service = notebooks;
  port = await freePortBase();
  await mkdir(work);
  await symlink(resolve('deploy/notebooks'), join(work, 'examples'));
});
afterAll(async () => {
  if (child === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
});

/** What docker-compose.yml has for the container, with the paths and the port of this test. */
function here(text: string): string {
  return text
    .replaceAll('/run/secrets/notebooks-token', token)
    .replaceAll('/work', work)
    .replaceAll('8888', String(port));
}

/** Starts what the container starts. Its program and its files are not where an image has them. */
function start(): ChildProcess {
  const [command = '', ...args] = [...(service.entrypoint ?? []), ...(service.command ?? [])].map(here);
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(service.environment)) if (value !== null) given[name] = here(value);
  const { packages, environment } = program;
  const places = {
    PATH: `${join(packages, 'bin')}:${environment['PATH'] ?? ''}`,
    JUPYTER_PATH: join(packages, 'share/jupyter'),
    JUPYTER_CONFIG_PATH: join(packages, 'etc/jupyter'),
    JUPYTERLAB_DIR: join(packages, 'share/jupyter/lab'),
  };
  // Jupyter wants to be told that root may start it. The container's user is not root.
  const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : [];
  return spawn(command, [...args, ...asRoot], {
    cwd: work,
    env: { ...environment, ...places, ...given },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ code: number; body: string }> {
  return new Promise((answered, failed) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        answered({ code: response.statusCode ?? 0, body });
      });
    })
      .on('error', failed)
      .end();
  });
}

it('does not start without a token', async () => {
  await writeFile(token, '');
  const refused = start();
  let said = '';
  refused.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(refused, 'close');
  expect([refused.exitCode, said]).toEqual([1, 'NOTEBOOKS_TOKEN is empty: set it in .env\n']);
});

it('shows the notebooks to whoever has the token, and to nobody else', async () => {
  await writeFile(token, TOKEN);
  child = start();
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // As the container's health check asks.
  expect(service.healthcheck?.test?.at(-1)).toContain('/api"');
  await until('JupyterLab', async () => {
    if (child?.exitCode !== null) throw new Error(`JupyterLab ended:\n${said}`);
    return get('/api').then(
      ({ code }) => code === 200,
      () => false,
    );
  });
  const examples = '/api/contents/examples';
  expect(await get(examples)).toMatchObject({ code: 403 });
  expect(await get(examples, { authorization: 'token wrong' })).toMatchObject({ code: 403 });
  const authorization = `token ${TOKEN}`;
  const { code, body } = await get(examples, { authorization });
  expect(code).toBe(200);
  const { content } = z.object({ content: z.array(z.object({ name: z.string() })) }).parse(JSON.parse(body));
  const names = content.map(({ name }) => name);
  for (const name of ['a-day-with-duckdb', 'many-days-with-spark', 'try-a-transform']) {
    expect(names).toContain(`${name}.ipynb`);
  }
  expect((await get('/lab', { authorization })).body).toContain('<title>JupyterLab</title>');
  // A page of another site that its name server led here.
  expect(await get(examples, { authorization, host: `elsewhere.example:${port}` })).toMatchObject({ code: 403 });
  expect(said).not.toContain(TOKEN);
});
