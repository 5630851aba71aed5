import { containersOf, podsOf, type Container, type Manifest, type Pod } from '../manifests';
import type { ChartCheck } from './index';

/** Problems of each Pod, with its owner in front. */
const ofPods =
  (problemsOf: (pod: Pod, expected: Parameters<ChartCheck>[1]) => (string | false)[]): ChartCheck =>
  (manifests, expected) =>
    podsOf(manifests).flatMap((pod) =>
      problemsOf(pod, expected).flatMap((problem) => (problem === false ? [] : [`${pod.owner} ${problem}`])),
    );

export const checkProbes = ofPods(({ isWorker, spec }) => {
  const [worker] = spec.containers;
  if (!isWorker || worker === undefined) return [];
  const probes = { startup: worker.startupProbe, readiness: worker.readinessProbe, liveness: worker.livenessProbe };
  const { liveness } = probes;
  return [
    ...Object.entries(probes).flatMap(([name, given]) => {
      if (given === undefined) return [`has no ${name} probe`];
      const { path, port } = given.httpGet;
      const number = worker.ports.find((one) => one.name === port)?.containerPort;
      return [
        path !== '/health' && `asks ${path} for its ${name}`,
        number !== Number(valueOf(worker, 'DAYBREAK_WORKER_PORT')) + 1 &&
          `asks port ${String(port)} for its ${name}, which is not the one behind DAYBREAK_WORKER_PORT`,
      ];
    }),
    // /health answers 503 while a worker drains.
    liveness !== undefined &&
      liveness.periodSeconds * liveness.failureThreshold <= spec.terminationGracePeriodSeconds &&
      'is killed by its liveness probe while it drains',
  ];
});

export const checkGrace = ofPods(({ isWorker, spec }, { graceSeconds }) => [
  isWorker &&
    spec.terminationGracePeriodSeconds < graceSeconds &&
    `has ${spec.terminationGracePeriodSeconds} s to end, but docker-compose.yml gives ${graceSeconds} s`,
]);

const mebibytes = (quantity = ''): number =>
  Number.parseInt(quantity, 10) * (quantity.endsWith('Gi') ? 1024 : quantity.endsWith('Mi') ? 1 : NaN);

export const checkResources = ofPods(({ spec }) => [
  ...containersOf(spec).flatMap((container) => {
    const { requests, limits } = container.resources ?? {};
    const isBounded = [requests, limits].every((part) => part?.cpu !== undefined && part.memory !== undefined);
    const build = valueOf(container, 'DAYBREAK_BUILD_MEMORY');
    const isBatch = container.args.join(' ') === 'worker --role batch';
    return [
      !isBounded && `has no requests and limits of processors and memory in ${container.name}`,
      mebibytes(requests?.memory) > mebibytes(limits?.memory) && 'requests more memory than its limit',
      // As in docker-compose.yml: 1 GiB, the worker's default, of 4 GiB.
      isBatch && !(Number(build) * 4 <= mebibytes(limits?.memory)) && `builds with ${build ?? 'any'} MiB of its limit`,
      isBatch &&
        valueOf(container, 'DAYBREAK_BUILD_THREADS') === undefined &&
        'builds with a thread for each processor',
    ];
  }),
  ...spec.volumes.map(
    ({ name, emptyDir }) => emptyDir !== undefined && emptyDir.sizeLimit === undefined && `has no limit for ${name}`,
  ),
]);

export const checkSecurity = ofPods(({ spec }) => {
  const { runAsNonRoot, runAsUser, fsGroup, seccompProfile } = spec.securityContext;
  return [
    runAsNonRoot !== true && 'may run as root',
    // The image's user is a name, and the kubelet cannot know that a name is not root.
    !(runAsUser !== undefined && runAsUser > 0) && 'has no user by number',
    !(fsGroup !== undefined && fsGroup > 0) && 'has no group for its volumes',
    seccompProfile?.type !== 'RuntimeDefault' && 'has no seccomp profile',
    spec.automountServiceAccountToken !== false && 'gets a token of Kubernetes',
    spec.enableServiceLinks !== false && 'gets variables of Services, such as DAYBREAK_WORKER_PORT',
    ...containersOf(spec).flatMap(({ name, securityContext }) => [
      securityContext.allowPrivilegeEscalation !== false && `may gain privileges in ${name}`,
      securityContext.readOnlyRootFilesystem !== true && `may write to the root file system of ${name}`,
      securityContext.capabilities?.drop.includes('ALL') !== true && `keeps capabilities in ${name}`,
    ]),
  ];
});

export const checkImages: ChartCheck = (manifests, { version }) => {
  const images = podsOf(manifests).flatMap(({ spec }) => containersOf(spec).map(({ image }) => image));
  return [...new Set(images)]
    .filter((image) => !/(:[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image) || image.endsWith(':latest'))
    .map((image) => `the image ${image} is not pinned`)
    .concat(new Set(images).size > 1 ? [`Pods have different images: ${[...new Set(images)].join(', ')}`] : [])
    .concat(chartVersion(manifests) === version ? [] : [`the chart is of version ${chartVersion(manifests)}`]);
};

function chartVersion(manifests: readonly Manifest[]): string {
  return manifests.find(({ kind }) => kind === 'Deployment')?.metadata.labels['app.kubernetes.io/version'] ?? 'none';
}

export function valueOf({ env }: Container, name: string): string | undefined {
  return env.find((one) => one.name === name)?.value;
}
