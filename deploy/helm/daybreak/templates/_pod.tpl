{{/* What every Pod has. Takes (dict "root" $ "role" …). */}}
{{- define "daybreak.podSettings" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "daybreak.serviceAccount" .root | quote }}
automountServiceAccountToken: false
# A Service that is called daybreak-worker would set DAYBREAK_WORKER_PORT to its address.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  # The image's user node.
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with $values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with $values.pod.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $values.pod.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.pod.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "daybreak.containerSettings" -}}
image: {{ include "daybreak.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/*
A folder for each pipeline: the kubelet's links inside of it are followed, but a folder that is itself a link is not a
pipeline. No subPath: then an edit would not arrive.
*/}}
{{- define "daybreak.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: data, mountPath: /daybreak }
{{- if .Values.secretFiles }}
- { name: secret-files, mountPath: /run/daybreak, readOnly: true }
{{- end }}
{{- if not .Values.pipelines.path }}
{{- range $name := include "daybreak.pipelineNames" . | fromJsonArray }}
- { name: {{ printf "pipeline-%s" (sha256sum $name | trunc 8) }}, mountPath: /etc/daybreak/pipelines/{{ $name }}, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{/* The volumes of `daybreak.mounts`, without `data` and `tmp`. */}}
{{- define "daybreak.volumes" -}}
{{- with .Values.secretFiles }}
- name: secret-files
  # 0440, in decimal as JSON has it: readable for the worker's group only.
  secret: { secretName: {{ . | quote }}, defaultMode: 288 }
{{- end }}
{{- if not .Values.pipelines.path }}
{{- range $name, $files := .Values.pipelines.files }}
- name: {{ printf "pipeline-%s" (sha256sum $name | trunc 8) }}
  configMap:
    name: {{ include "daybreak.pipelineName" (list $ "pipeline" $name) }}
    items:
      {{- range $path, $_ := $files }}
      - { key: {{ $path | replace "/" ".." | quote }}, path: {{ $path | quote }} }
      {{- end }}
{{- end }}
{{- range $name, $configMap := .Values.pipelines.configMaps }}
- name: {{ printf "pipeline-%s" (sha256sum $name | trunc 8) }}
  configMap: { name: {{ $configMap | quote }} }
{{- end }}
{{- end }}
{{- end }}

{{/* The names of the pipelines that are mounted, as JSON. */}}
{{- define "daybreak.pipelineNames" -}}
{{- concat (keys .Values.pipelines.files) (keys .Values.pipelines.configMaps) | sortAlpha | toJson }}
{{- end }}

{{/*
A worker's command, ports and probes. Takes (dict "root" $ "role" …).
/health answers 200 while the queues are served, and 503 before and while the worker drains. So liveness waits longer than a
drain may take.
*/}}
{{- define "daybreak.workerContainer" -}}
{{- $own := index .root.Values .role -}}
- name: worker
  {{- include "daybreak.containerSettings" .root | nindent 2 }}
  args: [worker, --role, {{ .role }}]
  env: {{- include "daybreak.environment" . | trim | nindent 4 }}
  ports:
    - { name: metrics, containerPort: 9464 }
    - { name: health, containerPort: 9465 }
    {{- if and (eq .role "batch") $own.outputServer.enabled }}
    - { name: output, containerPort: {{ $own.outputServer.port }} }
    {{- end }}
  startupProbe:
    httpGet: { path: /health, port: health }
    periodSeconds: 5
    timeoutSeconds: 5
    failureThreshold: 36
  readinessProbe:
    httpGet: { path: /health, port: health }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 3
  livenessProbe:
    httpGet: { path: /health, port: health }
    periodSeconds: 20
    timeoutSeconds: 10
    failureThreshold: {{ add 3 (div $own.terminationGracePeriodSeconds 20) }}
  resources: {{- toYaml $own.resources | nindent 4 }}
  volumeMounts: {{- include "daybreak.mounts" .root | nindent 4 }}
{{- end }}
