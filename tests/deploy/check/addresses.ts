import type { Service } from './compose-project';
import type { Check } from './deployment';

/** The name of a variable that says where a server is, or which part of it. */
const IS_ADDRESS = /(ADDRESS|BROKERS|NAMESPACE|_HOST|_SEEDS|_URL)$/;

/** Checks that addresses are fixed, and that processes which listen on one address can be reached there. */
export const checkAddresses: Check = ({ compose, fromShell }) =>
  Object.entries(compose.project.services).flatMap(([name, service]) => {
    const { environment } = service;
    return [
      ...Object.entries(environment)
        .filter(([variable, value]) => value !== fromShell.services[name]?.environment[variable])
        .filter(([variable]) => IS_ADDRESS.test(variable))
        .map(([variable]) => `${name} takes ${variable} from the shell`),
      ...clusterProblems(environment).map((problem) => `${name} ${problem}`),
      ...sparkProblems(service).map((problem) => `${name} ${problem}`),
    ];
  });

/** Temporal refuses to start without an IP address by which the parts of its cluster find each other. */
function clusterProblems(environment: Service['environment']): string[] {
  if (environment['BIND_ON_IP'] !== '0.0.0.0') return [];
  const address = environment['TEMPORAL_BROADCAST_ADDRESS'];
  if (address == null) return ['listens on every address and has no TEMPORAL_BROADCAST_ADDRESS'];
  return /^[\d.]+$/.test(address) ? [] : [`has the TEMPORAL_BROADCAST_ADDRESS ${address}, which is no IP address`];
}

/** The master listens on one address, that of its name: with two networks it can be the one without its workers. */
function sparkProblems({ profiles, networks }: Service): string[] {
  const count = Object.keys(networks).length;
  return profiles.includes('spark') && count > 1 ? [`is in ${count} networks`] : [];
}
