import axios from 'axios';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { startOutputServer } from '../../worker/output-server';

const TOKEN = 'sixteen-characters-or-more';
const FOLDER = 'events/output/.versions/2026-03-14/0123456789abcdef';

let data: string;
let server: Server;
let base: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-output-'));
  await mkdir(join(data, FOLDER), { recursive: true });
  await writeFile(join(data, FOLDER, '07.ndjson'), '{"a":1}\n{"a":2}\n');
  for (const packed of ['08.ndjson.gz', '09.ndjson.zst']) await writeFile(join(data, FOLDER, packed), packed);
  await writeFile(join(data, FOLDER, '_manifest.json'), '{}');
  server = await startOutputServer({ data, port: 0, token: TOKEN, logger: pino({ level: 'silent' }) });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await rm(data, { recursive: true });
});

const get = (path: string, headers = {}, password = TOKEN) =>
  axios.get<string>(`${base}/${path}`, {
    auth: { username: 'daybreak', password },
    headers,
    responseType: 'text',
    validateStatus: () => true,
    transformResponse: (text: string) => text,
  });

it('serves the rows of a published version to who has the token, whole or from an offset on', async () => {
  const whole = await get(`${FOLDER}/07.ndjson`);
  expect([whole.status, whole.data]).toEqual([200, '{"a":1}\n{"a":2}\n']);
  const rest = await get(`${FOLDER}/07.ndjson`, { range: 'bytes=8-' });
  expect([rest.status, rest.data, rest.headers['content-range']]).toEqual([206, '{"a":2}\n', 'bytes 8-15/16']);
  expect((await get(`${FOLDER}/07.ndjson`, { range: 'bytes=16-' })).status).toBe(416);
});

it.each(['08.ndjson.gz', '09.ndjson.zst'])('serves compressed rows as they are: %s', async (file) => {
  const { status, data: body, headers } = await get(`${FOLDER}/${file}`);
  expect([status, body, headers['content-encoding']]).toEqual([200, file, undefined]);
});

it('refuses who does not have the token', async () => {
  expect((await get(`${FOLDER}/07.ndjson`, {}, 'another')).status).toBe(401);
  expect((await axios.get(`${base}/${FOLDER}/07.ndjson`, { validateStatus: () => true })).status).toBe(401);
});

it.each([
  [`${FOLDER}/08.ndjson`],
  [`${FOLDER}/08.ndjson.gz.zst`],
  [`${FOLDER}/_manifest.json`],
  ['events/input/names.20260314.07.json'],
  [`events/output/.versions/2026-03-14/..%2f..%2f..%2f07.ndjson`],
  [''],
])('serves nothing else: %s', async (path) => {
  expect((await get(path)).status).toBe(404);
});

it('only reads', async () => {
  const auth = { username: 'daybreak', password: TOKEN };
  const put = await axios.put(`${base}/${FOLDER}/07.ndjson`, 'x', { auth, validateStatus: () => true });
  expect(put.status).toBe(404);
});

it('says which port is taken', async () => {
  const other = createServer().listen(0);
  const { port } = other.address() as AddressInfo;
  await expect(
    startOutputServer({ data, port, token: TOKEN, logger: pino({ level: 'silent' }) }),
  ).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  other.close();
});
