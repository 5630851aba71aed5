import type { Check } from './deployment';

/** Without DRUID_LOG4J the image logs to files of the container, and `docker compose logs` shows nothing. */
export const checkDruidLog: Check = ({ compose: { project } }) =>
  Object.entries(project.services).flatMap(([name, { environment }]) => {
    if (!name.startsWith('druid-')) return [];
    const settings = environment['DRUID_LOG4J'];
    if (settings == null) return [`${name} has no DRUID_LOG4J, so it logs to files of its container`];
    const [, console = ''] = /<Console name="(\w+)"/.exec(settings) ?? [];
    const [, root = ''] = /<Root level="info">(.*)<\/Root>/.exec(settings) ?? [];
    return [
      ...(/<\w*File\b/.test(settings) ? [`${name} writes log files`] : []),
      ...(root === `<AppenderRef ref="${console}"/>` ? [] : [`${name} does not log to the console`]),
    ];
  });
