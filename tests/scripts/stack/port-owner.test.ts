import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { isFree, requirePorts } from '../../../scripts/stack/port-owner';

const { PATH } = process.env;
afterEach(() => {
  process.env['PATH'] = PATH;
});

it('waits for a port that a process gives back as it ends, and names the owner of one that is held', async () => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const needed = { title: 'Temporal', port, otherPorts: [] };
  await expect(requirePorts(needed)).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    what: expect.stringContaining(`(pid ${process.pid})`) as string,
  });
  // Without lsof no owner is seen, as of a process that is dying.
  process.env['PATH'] = '';
  const started = requirePorts(needed);
  // The first look of requirePorts was before this one.
  expect(await isFree(port)).toBe(false);
  listener.close();
  await expect(started).resolves.toBeUndefined();
});
