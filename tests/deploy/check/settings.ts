import { JAAS_VARIABLE } from '../../../domain/druid/consumer-properties';
import { parseProperties } from '../../../scripts/stack/servers/properties';
import { type Check, type Deployment, textOf } from './deployment';

/** The versions that the local stack runs, and so every test. */
const TESTED = [
  { image: /^apache\/druid:([\d.]+)/, system: 'Druid', pom: 'scripts/stack/fetch/druid/pom.xml' },
  { image: /^apache\/kafka:([\d.]+)/, system: 'Kafka', pom: 'scripts/stack/fetch/kafka/pom.xml' },
] as const;

export const checkVersions: Check = (deployment) =>
  Object.entries(deployment.compose.project.services).flatMap(([name, { image = '' }]) =>
    TESTED.flatMap(({ image: pattern, system, pom }) => {
      const version = pattern.exec(image)?.[1];
      const dependencies = textOf(deployment, pom).split('<dependencies>')[1] ?? '';
      const tested = /<version>([\d.]+)</.exec(dependencies)?.[1] ?? 'none';
      return version === undefined || version === tested
        ? []
        : [`${name} is ${system} ${version}, but the tests run ${tested}`];
    }),
  );

/**
 * The supervisor's spec names the variable. The process that checks the topic and the process that reads it both log in
 * with it.
 */
const READS_KAFKA = ['coordinator', 'indexer'];

/** The share of a worker's slots that Druid gives to tasks that hand out work, and how many slots a worker has. */
function druidSlots(deployment: Deployment): { readonly ratio: number; readonly ofWorker: number } {
  const value = (path: string, property: string): number =>
    Number(parseProperties(textOf(deployment, path), path)[property] ?? 1);
  return {
    ratio: value('deploy/druid/coordinator.properties', 'druid.indexer.runner.parallelIndexTaskSlotRatio'),
    ofWorker: value('deploy/druid/indexer.properties', 'druid.worker.capacity'),
  };
}

/** Checks what docker-compose.yml adds to the shared settings of Kafka and Druid. */
export const checkSettings: Check = (deployment) => {
  const { services } = deployment.compose.project;
  const read = (path: string): string[] => Object.keys(parseProperties(textOf(deployment, path), path));
  const problems: string[] = [];
  const twice = (name: string, prefix: RegExp, shared: readonly string[]): void => {
    for (const variable of Object.keys(services[name]?.environment ?? {})) {
      const property = variable.replace(prefix, '').replaceAll('_', '.').toLowerCase();
      const same = shared.find((key) => key.toLowerCase() === property);
      if (prefix.test(variable) && same !== undefined) problems.push(`${name} sets ${same}, which deploy/ has already`);
    }
  };
  twice('kafka', /^KAFKA_/, read('deploy/kafka/server.properties'));
  const slots = druidSlots(deployment);
  if (slots.ratio >= 1 || slots.ofWorker < 2) {
    problems.push('deploy/druid leaves no slot for the subtasks of tasks that load large days');
  }
  const extensions = [...textOf(deployment, 'scripts/stack/fetch/druid/pom.xml').matchAll(/<artifactId>(.*?)</g)]
    .map(([, name = '']) => name)
    .filter((name) => name.startsWith('druid-') && name !== 'druid-services');
  for (const [name, { environment, command, volumes }] of Object.entries(services)) {
    if (!name.startsWith('druid-')) continue;
    const role = command?.[0] ?? '';
    const files = [environment['DRUID_CONFIG_COMMON'], environment[`DRUID_CONFIG_${role}`]];
    const mounted = files.flatMap((file) => {
      const mount = volumes.find(({ type, target }) => type === 'bind' && file?.startsWith(`${target}/`));
      const path = mount && file?.replace(mount.target, mount.source).replace(/^\.\//, '');
      if (path !== undefined && deployment.files.has(path)) return [path];
      problems.push(`${name} reads ${file ?? 'no file'} as its settings, which it does not have`);
      return [];
    });
    twice(name, /^(?=druid_)/, mounted.flatMap(read));
    if (environment['druid_host'] !== name)
      problems.push(`${name} is known as ${environment['druid_host'] ?? 'an address'}`);
    if (READS_KAFKA.includes(role) && environment[JAAS_VARIABLE] !== null) {
      problems.push(`${name} does not get ${JAAS_VARIABLE}`);
    }
    const loaded = environment['druid_extensions_loadList'] ?? '';
    for (const extension of [...extensions, 'postgresql-metadata-storage']) {
      if (!loaded.includes(`"${extension}"`)) problems.push(`${name} does not load ${extension}`);
    }
  }
  const registered = /^for name in (.*); do$/m.exec(textOf(deployment, 'deploy/temporal/create-namespace.sh'))?.[1];
  for (const attribute of deployment.searchAttributes) {
    if (!registered?.split(' ').includes(attribute))
      problems.push(`create-namespace.sh does not register ${attribute}`);
  }
  return problems;
};
