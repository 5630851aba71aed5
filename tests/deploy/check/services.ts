import type { Service } from './compose-project';
import type { Check } from './deployment';

/** A full version, which names one release. PostgreSQL's versions have two parts. */
const PINNED = /^(postgres:\d+\.\d+|[^:@]+:v?\d+\.\d+\.\d+)(-[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;

export function isPinned(image: string): boolean {
  return PINNED.test(image);
}

const hasHealthCheck = ({ healthcheck }: Service): boolean =>
  healthcheck?.test !== undefined && healthcheck.disable !== true;
/** The service does its work once and ends. */
const isOneShot = ({ restart }: Service): boolean => restart === 'no' || restart.startsWith('on-failure');

export const checkServices: Check = ({ compose: { project } }) =>
  Object.entries(project.services).flatMap(([name, service]) => {
    const { image, build, deploy, networks } = service;
    const limits = deploy?.resources.limits;
    const problems = [
      image === undefined && build === undefined && 'has neither an image nor a build',
      image !== undefined && !isPinned(image) && `has the image ${image}, which is not pinned to a version`,
      !isOneShot(service) && !hasHealthCheck(service) && 'has no health check',
      !(limits?.cpus !== undefined && limits.memory !== undefined) && 'has no limits of processors and memory',
      !service.security_opt.includes('no-new-privileges:true') && 'may gain privileges',
      !service.cap_drop.includes('ALL') && 'keeps the capabilities that Docker gives',
      Object.keys(networks).includes('default') && 'is in the default network',
      name === 'worker' && !service.read_only && 'may write to its root file system',
      service.read_only &&
        service.secrets.some(({ source }) => project.secrets[source]?.environment !== undefined) &&
        'is read-only, so Compose cannot write a secret of the environment into it',
      (service.command ?? []).includes('--work-dir') &&
        !service.environment['SPARK_WORKER_OPTS']?.includes('-Dspark.worker.cleanup.enabled=true') &&
        'keeps the folders of all applications',
    ];
    return problems.filter((problem) => problem !== false).map((problem) => `${name} ${problem}`);
  });

export const checkOrder: Check = ({ compose: { project } }) =>
  Object.entries(project.services).flatMap(([name, { depends_on: needs, profiles }]) =>
    Object.entries(needs).flatMap(([needed, { condition }]) => {
      const other = project.services[needed];
      if (other === undefined) return [`${name} waits for ${needed}, which there is not`];
      const problems = [
        condition === 'service_healthy' && !hasHealthCheck(other) && 'to be healthy, but it has no health check',
        condition === 'service_completed_successfully' && !isOneShot(other) && 'to end, but it is started again',
        condition === 'service_started' && 'only to be started',
        other.profiles.some((profile) => !profiles.includes(profile)) && 'which is of a profile',
      ];
      return problems.filter((problem) => problem !== false).map((problem) => `${name} waits for ${needed} ${problem}`);
    }),
  );

export const checkPorts: Check = ({ compose: { project } }) => {
  const problems: string[] = [];
  const owners = new Map<string, string>();
  for (const [name, { ports, networks }] of Object.entries(project.services)) {
    for (const { host_ip: address, published = 'a random one' } of ports) {
      if (address !== '127.0.0.1') problems.push(`${name} publishes port ${published} beyond 127.0.0.1`);
      const owner = owners.get(published);
      if (owner !== undefined) problems.push(`${name} and ${owner} both publish port ${published}`);
      owners.set(published, name);
    }
    const reachable = Object.keys(networks).some((network) => project.networks[network]?.internal === false);
    if (ports.length > 0 && !reachable) problems.push(`${name} publishes ports from an internal network`);
  }
  return problems;
};

export const checkMounts: Check = ({ compose: { project }, files }) =>
  Object.entries(project.services).flatMap(([name, { volumes }]) =>
    volumes.flatMap(({ type, source, read_only: readOnly }) => {
      if (type !== 'bind') return [];
      const path = source.replace(/^\.\//, '');
      const there = files.has(path) || [...files.keys()].some((file) => file.startsWith(`${path}/`));
      if (!there) return [`${name} mounts ${source}, which there is not`];
      return readOnly ? [] : [`${name} may write to ${source}`];
    }),
  );

/** Compose cannot require a password for one profile only, so the container itself refuses to start without it. */
export const checkProfileSecrets: Check = ({ compose: { project } }) =>
  Object.entries(project.services).flatMap(([name, { profiles, secrets, entrypoint }]) =>
    secrets
      .filter(({ source }) => !entrypoint?.join(' ').includes(`test -s /run/secrets/${source} ||`))
      .flatMap(({ source }) => (profiles.length === 0 ? [] : [`${name} starts with an empty ${source}`])),
  );
