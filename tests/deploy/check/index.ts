import { checkAddresses } from './addresses';
import { parseCompose } from './compose-project';
import { textOf, type Check, type Expected, type Files } from './deployment';
import { checkDockerfiles } from './dockerfiles';
import { checkDruidLog } from './druid-log';
import { checkFluentd } from './fluentd';
import { checkNotebooks } from './notebooks';
import { checkMounts, checkOrder, checkPorts, checkProfileSecrets, checkServices } from './services';
import { checkSettings, checkVersions } from './settings';
import { checkTurnilo } from './turnilo';
import { checkVariables, documentedVariables } from './variables';

const CHECKS: readonly Check[] = [
  ...[checkServices, checkOrder, checkPorts, checkMounts, checkProfileSecrets, checkVariables],
  ...[checkDockerfiles, checkSettings, checkVersions, checkTurnilo, checkFluentd],
  checkDruidLog,
  checkAddresses,
  checkNotebooks,
];

/** The problems of docker-compose.yml and of what it mounts and builds. Empty if there is none. */
export async function checkDeployment(files: Files, expected: Expected): Promise<string[]> {
  // As if somebody had filled in .env.example.
  const variables = [...documentedVariables(textOf({ files }, '.env.example'))].filter(([, { set }]) => set);
  const environment = Object.fromEntries(variables.map(([name, { value }]) => [name, value === '' ? 'given' : value]));
  let compose;
  let fromShell;
  try {
    const text = textOf({ files }, 'docker-compose.yml');
    compose = await parseCompose(text, environment);
    // A path, because one of the variables names a folder to mount.
    const exported = new Map(Object.keys(compose.variables).map((name) => [name, './of-the-shell']));
    fromShell = await parseCompose(text, { ...Object.fromEntries(exported), ...environment });
  } catch (refused) {
    return [`docker-compose.yml is refused: ${refused instanceof Error ? refused.message : String(refused)}`];
  }
  return CHECKS.flatMap((check) => check({ ...expected, files, compose, fromShell: fromShell.project }));
}
