import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether data sent to the host never leaves this machine. The host is as in a URL, an IPv6 address in brackets. */
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

/** The form that Node's own functions take. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/**
 * The address on which a server listens that others reach under `url`: loopback or an address of this machine if the
 * URL names one, else undefined, for every address. A host name does not decide this: it may belong to a proxy, or be
 * 127.0.1.1 in /etc/hosts.
 *
 * @param own addresses of this machine.
 */
export function listeningHost(url: string, own: readonly string[]): string | undefined {
  const { hostname } = new URL(url);
  // One of its two addresses: Java's resolver tries 127.0.0.1 first.
  if (hostname === 'localhost') return '127.0.0.1';
  const address = withoutBrackets(hostname);
  return isLoopback(hostname) || own.includes(address) ? address : undefined;
}
