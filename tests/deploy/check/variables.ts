import { type Check, textOf } from './deployment';

/**
 * Variables that Compose itself or the Temporal SDK's standard configuration reads, according to their documentation.
 */
const OF_OTHERS = /^(COMPOSE_PROFILES|TEMPORAL_(API_KEY|PROFILE|CONFIG_FILE|TLS(_[A-Z_]+)?))$/;
/** Read outside the worker's own configuration, by a worker that is not in a container, too. */
const OF_SCRIPTS = ['DAYBREAK_CACHE', 'DAYBREAK_SPARK_MASTER', 'SPARK_HOME'];
export const IS_SECRET =
  /(PASSWORD|TOKEN|API_KEY|SECRET_ACCESS_KEY|PAYLOAD_KEYS|WEBHOOK_URL|SLACK_URL|WEBHOOK_SECRET|JAAS_CONFIG|(KEY|CERT)_DATA)$/;

/** NAME=value, or #NAME=value for a variable with a default. */
export function documentedVariables(example: string): Map<string, { readonly value: string; readonly set: boolean }> {
  const lines = [...example.matchAll(/^(#?)([A-Z][A-Z0-9_]*)=(.*)$/gm)];
  return new Map(lines.map(([, hash, name = '', value = '']) => [name, { value, set: hash === '' }]));
}

/** The variables that worker/config.ts reads from its environment. */
export function workerVariables(config: string): string[] {
  const schema = /const environmentSchema = z\.object\(\{\n([\s\S]*?)\n\}\)/.exec(config)?.[1] ?? '';
  const secrets = /const SECRETS = \[([\s\S]*?)\]/.exec(config)?.[1] ?? '';
  return [
    ...[...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name = '']) => name),
    ...[...secrets.matchAll(/'([A-Z_]+)'/g)].map(([, name = '']) => `${name}_FILE`),
  ];
}

export const checkVariables: Check = (deployment) => {
  const { variables, project } = deployment.compose;
  const documented = documentedVariables(textOf(deployment, '.env.example'));
  const worker = workerVariables(textOf(deployment, 'worker/config.ts'));
  const inWorker = Object.keys(project.services['worker']?.environment ?? {});
  const passedOn = Object.values(project.services).flatMap(({ environment }) =>
    Object.keys(environment).filter((name) => environment[name] === null),
  );
  const secrets = Object.values(project.secrets).flatMap(({ environment }) => environment ?? []);
  // A service of a profile is not always there: what it needs must not stop the others.
  const needed = Object.values(project.services)
    .filter(({ profiles }) => profiles.length === 0)
    .flatMap((service) => service.secrets.flatMap(({ source }) => project.secrets[source]?.environment ?? []));
  const asked = new Set([...Object.keys(variables), ...passedOn, ...secrets]);
  return [
    ...[...new Set([...asked, ...worker, ...OF_SCRIPTS])]
      .filter((name) => !documented.has(name))
      .map((name) => `${name} is not in .env.example`),
    ...[...documented.keys()]
      .filter((name) => ![...asked, ...worker, ...OF_SCRIPTS].includes(name) && !OF_OTHERS.test(name))
      .map((name) => `nothing reads ${name}, which .env.example names`),
    ...[...documented.keys()]
      .filter((name) => OF_OTHERS.test(name) && name !== 'COMPOSE_PROFILES' && !inWorker.includes(name))
      .map((name) => `docker-compose.yml does not pass ${name} on to the worker`),
    // A port base belongs to the local stack. In the containers each server has its standard port.
    ...worker
      .filter((name) => name !== 'DAYBREAK_PORT_BASE' && !inWorker.includes(name))
      .map((name) => `docker-compose.yml does not pass ${name} on to the worker`),
    ...[...documented].flatMap(([name, { value }]) =>
      IS_SECRET.test(name) && value !== '' ? [`.env.example has a value for the secret ${name}`] : [],
    ),
    ...needed.filter((name) => variables[name]?.Required !== true).map((name) => `the secret ${name} is not required`),
    ...Object.entries(variables).flatMap(([name, { DefaultValue, Required }]) =>
      IS_SECRET.test(name) && (DefaultValue !== '' || !Required) ? [`the secret ${name} is not required`] : [],
    ),
  ];
};
