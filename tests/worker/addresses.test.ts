import { networkInterfaces } from 'node:os';
import { listeningHost } from '../../worker/addresses';
import { readConfig } from '../../worker/config';

const own = ['127.0.0.1', '::1', '10.1.2.3', '2001:db8::7', 'fe80::1'];

it.each([
  // An address for this machine alone.
  ['http://127.0.0.1:9470', '127.0.0.1'],
  ['http://127.3.2.1:9470', '127.3.2.1'],
  ['http://localhost:9470', '127.0.0.1'],
  ['http://[::1]:9470', '::1'],
  // An address of this machine.
  ['http://10.1.2.3:9470/base', '10.1.2.3'],
  ['http://[2001:db8::7]:9470', '2001:db8::7'],
  // An address or a name by which a network leads here. Which interface it ends at is not known.
  ['http://10.9.9.9:9470', undefined],
  ['http://worker-1:9470', undefined],
  ['https://worker.example.com', undefined],
])('for %s it listens on %s', (url, host) => {
  expect(listeningHost(url, own)).toBe(host);
});

it('what is set wins', () => {
  const environment = { DAYBREAK_OUTPUT_URL: 'http://worker-1:9470', DAYBREAK_OUTPUT_TOKEN: 'sixteen-characters' };
  expect(readConfig(environment).outputServer).toMatchObject({ host: undefined });
  expect(readConfig({ ...environment, DAYBREAK_OUTPUT_HOST: '10.1.2.3' }).outputServer).toMatchObject({
    host: '10.1.2.3',
  });
});

it('an address of this very machine is known as such', () => {
  const [address] = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const url = `http://${address?.family === 'IPv6' ? `[${address.address}]` : (address?.address ?? '')}:9470`;
  const config = readConfig({ DAYBREAK_OUTPUT_URL: url, DAYBREAK_OUTPUT_TOKEN: 'sixteen-characters' });
  expect(config.outputServer?.host).toBe(address?.address);
});
