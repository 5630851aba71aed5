import { containersOf, ofKind, podsOf } from '../manifests';
import { valueOf } from './pods';
import type { ChartCheck } from './index';

export const checkMounts: ChartCheck = (manifests) =>
  podsOf(manifests).flatMap(({ owner, spec }) => {
    const containers = containersOf(spec);
    const problems = spec.volumes
      .filter(({ name }) => !containers.some(({ volumeMounts }) => volumeMounts.some((one) => one.name === name)))
      .map(({ name }) => `does not mount ${name}`);
    for (const container of containers) {
      const { volumeMounts } = container;
      const isWritable = (path = ''): boolean =>
        volumeMounts.some(({ mountPath, readOnly }) => !readOnly && `${path}/`.startsWith(`${mountPath}/`));
      for (const path of ['/tmp', valueOf(container, 'DAYBREAK_DATA')]) {
        if (!isWritable(path)) problems.push(`cannot write to ${path ?? 'DAYBREAK_DATA'}`);
      }
      for (const { name, value = '' } of container.env) {
        const isFile = /(_FILE|_PATH)$/.test(name) && !name.startsWith('DRUID_KAFKA_');
        if (isFile && !volumeMounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`)))
          problems.push(`reads ${name} from ${value}, where nothing is mounted`);
      }
      for (const mount of volumeMounts) {
        const volume = spec.volumes.find(({ name }) => name === mount.name);
        if (volume === undefined) problems.push(`mounts ${mount.name}, which there is not`);
        if (volume?.configMap === undefined) continue;
        // A folder of its own, because a folder that is a link is no pipeline; no subPath, because edits must arrive.
        const isFolder = /^\/[a-z][a-z0-9-]*$/.test(
          mount.mountPath.replace(valueOf(container, 'DAYBREAK_PIPELINES') ?? '', ''),
        );
        if (!isFolder || mount.subPath !== undefined) problems.push(`does not mount ${mount.mountPath} as a pipeline`);
      }
    }
    const configMaps = ofKind(manifests, 'ConfigMap');
    for (const { configMap } of spec.volumes) {
      if (configMap?.items === undefined) continue;
      const data = configMaps.find(({ metadata }) => metadata.name === configMap.name)?.data;
      for (const { key } of configMap.items) {
        if (data?.[key] === undefined) problems.push(`mounts ${key} of ${configMap.name}, which there is not`);
      }
    }
    return [...new Set(problems)].map((problem) => `${owner} ${problem}`);
  });

/** These change nothing that is there already, and `status` only reads. */
const COMMANDS = ['speed start', 'schedule apply', 'status'];

export const checkCommands: ChartCheck = (manifests, { isCommand }) => [
  ...podsOf(manifests).flatMap(({ owner, spec, isWorker }) => [
    ...containersOf(spec).flatMap(({ name, args }) => {
      const line = args.join(' ');
      const isAllowed = isWorker || COMMANDS.some((command) => line.startsWith(`${command} --pipeline `));
      const isOnce = !line.includes('--anew');
      return isCommand(args) && isAllowed && isOnce ? [] : [`${owner} runs ${line} in ${name}`];
    }),
    ...(!isWorker && spec.restartPolicy !== 'Never' ? [`${owner} is started again for ever`] : []),
  ]),
  ...[...ofKind(manifests, 'Job'), ...ofKind(manifests, 'Pod')].flatMap(({ kind, metadata }) => {
    const hook = metadata.annotations['helm.sh/hook'];
    const wanted = kind === 'Job' ? 'post-install,post-upgrade' : 'test';
    // A Job cannot be changed, and a second one of its name cannot be made.
    const isReplaced = metadata.annotations['helm.sh/hook-delete-policy'] === 'before-hook-creation';
    return hook === wanted && isReplaced ? [] : [`${kind} ${metadata.name} is in the way of the next upgrade`];
  }),
  // Helm removes no hook with the release.
  ...ofKind(manifests, 'Job').flatMap(({ metadata, spec }) =>
    spec.ttlSecondsAfterFinished === undefined ? [`Job ${metadata.name} stays when the release is removed`] : [],
  ),
];
