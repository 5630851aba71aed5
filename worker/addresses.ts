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

/** The host of 'host:port', as in a URL; the whole text if it has no port. */
export function hostOf(broker: string): string {
  const url = `http://${broker.trim()}`;
  return URL.canParse(url) ? new URL(url).hostname : broker;
}

/** As Node's own functions take it. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Where a server listens that others reach under `url`: on loopback or an address of this machine if the URL names one,
 * and else undefined, for every address. A name does not say: it may be that of a proxy, or be 127.0.1.1 in /etc/hosts.
 *
 * @param own addresses of this machine.
 */
export function listeningHost(url: string, own: readonly string[]): string | undefined {
  const { hostname } = new URL(url);
  // One of its two addresses: Java's tries 127.0.0.1 first.
  if (hostname === 'localhost') return '127.0.0.1';
  const address = withoutBrackets(hostname);
  return isLoopback(hostname) || own.includes(address) ? address : undefined;
}
