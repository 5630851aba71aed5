import { ofKind, podsOf, selects, type Manifest } from '../manifests';
import { valueOf } from './pods';
import type { ChartCheck } from './index';

export const checkSelectors: ChartCheck = (manifests) => {
  const pods = podsOf(manifests);
  const deployments = ofKind(manifests, 'Deployment');
  const problems: string[] = [];
  for (const { metadata, spec } of deployments) {
    const found = deployments.filter((other) =>
      selects(spec.selector.matchLabels, other.spec.template.metadata.labels),
    );
    const names = found.map((other) => other.metadata.name).join(', ');
    if (names !== metadata.name) problems.push(`Deployment ${metadata.name} selects ${names || 'nothing'}`);
  }
  for (const { metadata, spec } of ofKind(manifests, 'PodDisruptionBudget')) {
    if (
      !deployments.some((one) => one.metadata.name === metadata.name && selectsPodsOf(spec.selector.matchLabels, one))
    )
      problems.push(`PodDisruptionBudget ${metadata.name} does not select its Pods`);
  }
  for (const { metadata, spec } of ofKind(manifests, 'NetworkPolicy')) {
    const left = pods.filter(({ labels }) => !selects(spec.podSelector.matchLabels, labels));
    problems.push(...left.map(({ owner }) => `NetworkPolicy ${metadata.name} leaves ${owner} out`));
  }
  for (const { metadata, spec } of ofKind(manifests, 'ServiceMonitor')) {
    const services = ofKind(manifests, 'Service').filter((one) =>
      selects(spec.selector.matchLabels, one.metadata.labels),
    );
    const isFound = spec.endpoints.every(({ port }) =>
      services.some((service) => service.spec.ports.some(({ name }) => name === port)),
    );
    if (!isFound || services.length !== 1)
      problems.push(`ServiceMonitor ${metadata.name} selects no port of a Service`);
    const job = spec.endpoints[0]?.relabelings.find(({ targetLabel }) => targetLabel === 'job')?.replacement;
    if (job !== 'daybreak') problems.push(`ServiceMonitor ${metadata.name} has the job ${job ?? 'of its Service'}`);
  }
  for (const { metadata, spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
    const target = deployments.find((one) => one.metadata.name === spec.scaleTargetRef.name);
    if (target === undefined) problems.push(`HorizontalPodAutoscaler ${metadata.name} scales nothing`);
    else if (target.spec.replicas !== undefined)
      problems.push(`Deployment ${target.metadata.name} sets its replicas, and so does its autoscaler`);
  }
  return problems;
};

type Deployment = ReturnType<typeof ofKind<'Deployment'>>[number];
const selectsPodsOf = (selector: Readonly<Record<string, string>>, { spec }: Deployment): boolean =>
  selects(selector, spec.template.metadata.labels);

export const checkServices: ChartCheck = (manifests) => {
  const workers = podsOf(manifests).filter(({ isWorker }) => isWorker);
  const problems: string[] = [];
  for (const { metadata, spec } of ofKind(manifests, 'Service')) {
    const selected = podsOf(manifests).filter(({ labels }) => selects(spec.selector, labels));
    const isOfAll = metadata.name.endsWith('-metrics');
    if (selected.length === 0 || (isOfAll && selected.length !== workers.length))
      problems.push(`Service ${metadata.name} selects ${selected.length} of ${workers.length} kinds of workers`);
    for (const { targetPort } of spec.ports) {
      for (const pod of selected) {
        const ports = pod.spec.containers.flatMap((container) => container.ports);
        if (!ports.some(({ name }) => name === targetPort))
          problems.push(`Service ${metadata.name} leads to the port ${targetPort}, which ${pod.owner} does not have`);
      }
    }
  }
  for (const { owner, spec } of workers) {
    const [worker] = spec.containers;
    if (worker === undefined) continue;
    const metrics = worker.ports.find(({ name }) => name === 'metrics')?.containerPort;
    if (metrics !== Number(valueOf(worker, 'DAYBREAK_WORKER_PORT')))
      problems.push(`${owner} has its metrics elsewhere`);
    const url = valueOf(worker, 'DAYBREAK_OUTPUT_URL');
    if (url !== undefined && !isServed(url, worker.ports, manifests))
      problems.push(`${owner} names ${url}, where no Service leads to it`);
  }
  for (const { metadata, spec } of ofKind(manifests, 'NetworkPolicy')) {
    const open = spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port));
    const served = workers.flatMap(({ spec: { containers } }) => containers.flatMap(({ ports }) => ports));
    for (const port of open) {
      if (!served.some(({ name }) => name === port))
        problems.push(`NetworkPolicy ${metadata.name} opens ${port}, which nothing has`);
    }
    if (served.some(({ name }) => name === 'output') && !open.includes('output'))
      problems.push(`NetworkPolicy ${metadata.name} lets nobody read published days`);
  }
  return problems;
};

/** Druid opens the host and port of the URL, and the worker listens on the same port. */
function isServed(url: string, ports: readonly { containerPort: number }[], manifests: readonly Manifest[]): boolean {
  const { hostname, port } = new URL(url);
  return ofKind(manifests, 'Service').some(
    ({ metadata, spec }) =>
      hostname.startsWith(`${metadata.name}.`) &&
      spec.ports.some((one) => String(one.port) === port) &&
      ports.some(({ containerPort }) => String(containerPort) === port),
  );
}

export const checkRollout: ChartCheck = (manifests) => {
  const claims = ofKind(manifests, 'PersistentVolumeClaim');
  const budgets = ofKind(manifests, 'PodDisruptionBudget');
  return ofKind(manifests, 'Deployment').flatMap(({ metadata, spec }) => {
    const own = claims.filter((claim) =>
      spec.template.spec.volumes.some((one) => one.persistentVolumeClaim?.claimName === claim.metadata.name),
    );
    const isOneOnly = own.some((claim) => !claim.spec.accessModes.includes('ReadWriteMany'));
    const budget = budgets.find((one) => one.metadata.name === metadata.name);
    const { type, rollingUpdate } = spec.strategy;
    const problems = [
      isOneOnly && type !== 'Recreate' && 'starts a second Pod while the first one has the volume',
      isOneOnly && spec.replicas !== 1 && 'has several Pods for a volume of one',
      !isOneOnly &&
        !(rollingUpdate?.maxUnavailable === 0 && rollingUpdate.maxSurge > 0) &&
        'stops a Pod before another one is ready',
      spec.replicas !== 1 && budget === undefined && 'has no disruption budget',
      budget !== undefined && !((budget.spec.maxUnavailable ?? 0) > 0) && 'lets no node be drained',
    ];
    return problems.filter((problem) => problem !== false).map((problem) => `Deployment ${metadata.name} ${problem}`);
  });
};
