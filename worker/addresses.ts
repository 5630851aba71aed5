import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether what is sent there leaves this machine never. The host is as in a URL, an IPv6 address in brackets. */
export function isLoopback(host: string): boolean {
  const address = withoutBrackets(host);
  const family = isIP(address);
  return family === 0 ? address === 'localhost' : LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** The host of 'host:port', as in a URL; of what is none, the whole. */
export function hostOf(broker: string): string {
  const url = `http://${broker.trim()}`;
  return URL.canParse(url) ? new URL(url).hostname : broker;
}

/** As Node's own functions take it. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
