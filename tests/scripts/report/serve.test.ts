import { request, Server } from 'node:http';
import { DaybreakError } from '../../../domain/errors';
import { serveReport } from '../../../scripts/report/serve';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(makePage: () => Promise<string>, port = 0): Promise<string> {
  const { url, server } = await serveReport(port, makePage);
  servers.push(server);
  return url;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function ask(url: string, options: { readonly method?: string; readonly host?: string } = {}): Promise<Answer> {
  const { method = 'GET', host } = options;
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false, ...(host && { headers: { host } }) }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() });
      });
    });
    asked.on('error', reject).end();
  });
}

it('makes the page anew for each request, and serves nothing else', async () => {
  let made = 0;
  const url = await serve(() => Promise.resolve(`page ${(made += 1)}`));
  expect(await ask(url)).toEqual({ status: 200, body: 'page 1' });
  expect(await ask(url)).toEqual({ status: 200, body: 'page 2' });
  expect((await ask(`${url}etc/passwd`)).status).toBe(404);
  expect((await ask(url, { method: 'POST' })).status).toBe(405);
  expect(made).toBe(2);
});

it('answers only for an address of this machine, so that no other site’s name reads it', async () => {
  const url = await serve(() => Promise.resolve('page'));
  const { port } = new URL(url);
  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect((await ask(url, { host: `evil.example:${port}` })).status).toBe(403);
  expect((await ask(url, { host: `localhost:${port}` })).status).toBe(200);
});

it('tells the reader what failed, and goes on', async () => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const pages = [
    Promise.reject(new DaybreakError('BAD_PIPELINE', { what: 'no key name', remedy: 'Add name.' })),
    Promise.resolve('page'),
  ];
  const url = await serve(() => pages.shift()!);
  expect(await ask(url)).toEqual({ status: 503, body: 'BAD_PIPELINE no key name\n→ Add name.' });
  expect(await ask(url)).toEqual({ status: 200, body: 'page' });
});

it('names a port that is taken', async () => {
  const { port } = new URL(await serve(() => Promise.resolve('')));
  await expect(serve(() => Promise.resolve(''), Number(port))).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    what: `port ${port} of 127.0.0.1 is taken`,
  });
});

it('says that a port is not for this user', async () => {
  jest.spyOn(Server.prototype, 'listen').mockImplementationOnce(function (this: Server) {
    setImmediate(() => this.emit('error', Object.assign(new Error('listen EACCES'), { code: 'EACCES' })));
    return this;
  });
  await expect(serve(() => Promise.resolve(''), 80)).rejects.toMatchObject({
    code: 'WRONG_USAGE',
    what: 'this user may not serve on port 80',
  });
});
