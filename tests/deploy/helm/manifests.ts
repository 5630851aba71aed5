import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

/** What the checks read of the manifests. kubernetes-validate checks the rest. */
const labels = z.record(z.string(), z.string()).default({});
const named = z.object({ name: z.string(), labels, annotations: labels });
const quantities = z.object({ cpu: z.string().optional(), memory: z.string().optional() }).default({});
const probe = z
  .object({
    httpGet: z.object({ path: z.string(), port: z.union([z.string(), z.number()]) }),
    periodSeconds: z.number(),
    failureThreshold: z.number(),
  })
  .optional();

const containerSchema = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(
    z.object({
      name: z.string(),
      value: z.string().optional(),
      valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
    }),
  ),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  resources: z.object({ requests: quantities, limits: quantities }).optional(),
  securityContext: z
    .object({
      allowPrivilegeEscalation: z.boolean().optional(),
      readOnlyRootFilesystem: z.boolean().optional(),
      capabilities: z.object({ drop: z.array(z.string()) }).optional(),
    })
    .default({}),
  volumeMounts: z
    .array(
      z.object({
        name: z.string(),
        mountPath: z.string(),
        subPath: z.string().optional(),
        readOnly: z.boolean().default(false),
      }),
    )
    .default([]),
});

const podSchema = z.object({
  automountServiceAccountToken: z.boolean().optional(),
  enableServiceLinks: z.boolean().optional(),
  restartPolicy: z.string().optional(),
  serviceAccountName: z.string().optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  securityContext: z
    .object({
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      fsGroup: z.number().optional(),
      seccompProfile: z.object({ type: z.string() }).optional(),
    })
    .default({}),
  initContainers: z.array(containerSchema).default([]),
  containers: z.array(containerSchema),
  volumes: z
    .array(
      z.object({
        name: z.string(),
        emptyDir: z.object({ sizeLimit: z.string().optional() }).optional(),
        persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
        configMap: z
          .object({ name: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })).optional() })
          .optional(),
        secret: z.object({ secretName: z.string() }).optional(),
      }),
    )
    .default([]),
});

const template = z.object({ metadata: z.object({ labels, annotations: labels }), spec: podSchema });
const matchLabels = z.object({ matchLabels: labels });

const manifestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('Deployment'),
    metadata: named,
    spec: z.object({
      replicas: z.number().optional(),
      selector: matchLabels,
      strategy: z.object({
        type: z.string(),
        rollingUpdate: z.object({ maxSurge: z.number(), maxUnavailable: z.number() }).optional(),
      }),
      template,
    }),
  }),
  z.object({
    kind: z.literal('Job'),
    metadata: named,
    spec: z.object({
      backoffLimit: z.number().optional(),
      ttlSecondsAfterFinished: z.number().optional(),
      template,
    }),
  }),
  z.object({ kind: z.literal('Pod'), metadata: named, spec: podSchema }),
  z.object({
    kind: z.literal('Service'),
    metadata: named,
    spec: z.object({
      selector: labels,
      ports: z.array(z.object({ name: z.string(), port: z.number(), targetPort: z.string() })),
    }),
  }),
  z.object({
    kind: z.literal('PodDisruptionBudget'),
    metadata: named,
    spec: z.object({ maxUnavailable: z.number().optional(), selector: matchLabels }),
  }),
  z.object({
    kind: z.literal('HorizontalPodAutoscaler'),
    metadata: named,
    spec: z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }), minReplicas: z.number() }),
  }),
  z.object({
    kind: z.literal('NetworkPolicy'),
    metadata: named,
    spec: z.object({
      podSelector: matchLabels,
      policyTypes: z.array(z.string()),
      ingress: z.array(z.object({ ports: z.array(z.object({ port: z.string() })) })).default([]),
    }),
  }),
  z.object({
    kind: z.literal('PersistentVolumeClaim'),
    metadata: named,
    spec: z.object({ accessModes: z.array(z.string()) }),
  }),
  z.object({ kind: z.literal('ConfigMap'), metadata: named, data: labels }),
  z.object({
    kind: z.literal('ServiceAccount'),
    metadata: named,
    automountServiceAccountToken: z.boolean().optional(),
  }),
  // Of the Prometheus operator, and so in no schema of Kubernetes: closed, so that a typo is found.
  z.strictObject({
    apiVersion: z.literal('monitoring.coreos.com/v1'),
    kind: z.literal('ServiceMonitor'),
    metadata: named,
    spec: z.strictObject({
      selector: z.strictObject({ matchLabels: labels }),
      endpoints: z.array(
        z.strictObject({
          port: z.string(),
          path: z.string(),
          interval: z.string(),
          relabelings: z.array(
            z.strictObject({ action: z.literal('replace'), targetLabel: z.string(), replacement: z.string() }),
          ),
        }),
      ),
    }),
  }),
]);

export type Manifest = z.infer<typeof manifestSchema>;
export type Kind = Manifest['kind'];
export type Of<K extends Kind> = Extract<Manifest, { kind: K }>;
export type Container = z.infer<typeof containerSchema>;
export type PodSpec = z.infer<typeof podSchema>;

/** Throws if a document is of a kind that the chart does not have, such as a Secret. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [manifestSchema.parse(value)];
  });
}

export function ofKind<K extends Kind>(manifests: readonly Manifest[], kind: K): Of<K>[] {
  return manifests.filter((manifest): manifest is Of<K> => manifest.kind === kind);
}

/** Pods as Kubernetes makes them, whatever makes them. */
export interface Pod {
  /** As in 'Deployment daybreak-speed'. */
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** Whether a worker runs in it, and not a command that ends. */
  readonly isWorker: boolean;
}

export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest): Pod[] => {
    const owner = `${manifest.kind} ${manifest.metadata.name}`;
    if (manifest.kind === 'Pod') return [{ owner, ...manifest.metadata, spec: manifest.spec, isWorker: false }];
    if (manifest.kind !== 'Deployment' && manifest.kind !== 'Job') return [];
    const { metadata, spec } = manifest.spec.template;
    return [{ owner, ...metadata, spec, isWorker: manifest.kind === 'Deployment' }];
  });
}

export function containersOf({ initContainers, containers }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}

export function selects(
  selector: Readonly<Record<string, string>>,
  selected: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([name, value]) => selected[name] === value);
}
