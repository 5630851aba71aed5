{{/*
The variables of a container. Takes (dict "root" $ "role" "speed"|"batch"|"start").
Settings and secrets of a role go before those of all. A secret is never a value here, only a reference.
*/}}
{{- define "daybreak.environment" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $own := index $values (ternary "startJob" .role (eq .role "start")) }}
{{- $settings := dict
  "DAYBREAK_PIPELINES" ($values.pipelines.path | default "/etc/daybreak/pipelines")
  "DAYBREAK_DATA" "/daybreak/data"
  "TEMPORAL_ADDRESS" $values.temporal.address
  "TEMPORAL_NAMESPACE" $values.temporal.namespace
  "KAFKA_BROKERS" (join "," $values.kafka.brokers)
  "DRUID_COORDINATOR_URL" $values.druid.coordinatorUrl
  "DRUID_BROKER_URL" $values.druid.brokerUrl
}}
{{- with $values.temporal.uiUrl }}
{{- $_ := set $settings "TEMPORAL_UI_URL" . }}
{{- end }}
{{- if ne .role "start" }}
{{- $_ := set $settings "DAYBREAK_WORKER_HOST" "0.0.0.0" }}
{{- $_ := set $settings "DAYBREAK_WORKER_PORT" "9464" }}
{{- end }}
{{- if eq .role "batch" }}
{{- $_ := set $settings "DAYBREAK_BUILD_MEMORY" (include "daybreak.buildMemory" $root) }}
{{- $_ := set $settings "DAYBREAK_BUILD_THREADS" (include "daybreak.buildThreads" $root) }}
{{- if $values.batch.outputServer.enabled }}
{{- $_ := set $settings "DAYBREAK_OUTPUT_URL" (printf "http://%s-output.%s.svc:%d" (include "daybreak.fullname" $root) $root.Release.Namespace (int $values.batch.outputServer.port)) }}
{{- $_ := set $settings "DAYBREAK_OUTPUT_HOST" "0.0.0.0" }}
{{- end }}
{{- end }}
{{- $sharedSettings := deepCopy $values.settings }}
{{- $shared := deepCopy $values.secrets }}
{{- range $name := concat (keys $own.settings) (keys $own.secrets) }}
{{- $value := trimSuffix "_FILE" $name }}
{{- range $other := list $value (printf "%s_FILE" $value) }}
{{- $_ := unset $sharedSettings $other }}
{{- $_ := unset $shared $other }}
{{- end }}
{{- end }}
{{- $settings = mustMergeOverwrite $settings $sharedSettings (deepCopy $own.settings) }}
{{- if and (eq .role "batch") (gt (int $settings.DAYBREAK_BUILD_MEMORY) (include "daybreak.batchMebibytes" $root | int)) }}
{{- fail (printf "DAYBREAK_BUILD_MEMORY is %s MiB, but batch.resources.limits.memory is %s. Leave it out: a build then takes a quarter of the limit." $settings.DAYBREAK_BUILD_MEMORY $values.batch.resources.limits.memory) }}
{{- end }}
{{- if eq .role "speed" }}
{{- /* It reads no stored files but tables: keys of all roles open more than it needs, so only its own are given. */}}
{{- $shared = omit $shared "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" "HADOOP_TOKEN" }}
{{- end }}
{{- $secrets := mustMergeOverwrite $shared (deepCopy $own.secrets) }}
{{- if ne .role "batch" }}
{{- /* Only workers of the role batch serve output and send notices. The addresses of webhooks end with _URL. */}}
{{- $secrets = omit $secrets "DAYBREAK_OUTPUT_TOKEN" "DAYBREAK_WEBHOOK_SECRET" }}
{{- range $name := keys $secrets }}
{{- if hasSuffix "_URL" $name }}
{{- $_ := unset $secrets $name }}
{{- end }}
{{- end }}
{{- $settings = omit $settings "DAYBREAK_OUTPUT_TOKEN_FILE" "DAYBREAK_WEBHOOK_URL_FILE" "DAYBREAK_SLACK_URL_FILE" "DAYBREAK_WEBHOOK_SECRET_FILE" }}
{{- end }}
{{- range $name, $secret := $secrets }}
{{- if hasKey $settings $name }}
{{- fail (printf "%s is in settings and in secrets. Remove one of them." $name) }}
{{- end }}
{{- if hasKey $settings (printf "%s_FILE" $name) }}
{{- fail (printf "%s is in secrets, and %s_FILE in settings. Remove one of them." $name $name) }}
{{- end }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: { name: {{ $secret.name | quote }}, key: {{ $secret.key | quote }} }
{{- end }}
{{- range $name, $value := $settings }}
{{- /* Druid, not the worker, opens that file. */}}
{{- $isRead := and (regexMatch "(_FILE|_PATH|_CA_CERTS)$" $name) (not (hasPrefix "DRUID_KAFKA_" $name)) }}
{{- if and $isRead (hasPrefix "/run/daybreak/" $value) (not $values.secretFiles) }}
{{- fail (printf "%s is %s, but secretFiles names no Secret, so nothing is mounted there." $name $value) }}
{{- end }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* The limit in MiB. */}}
{{- define "daybreak.batchMebibytes" -}}
{{- $limit := .Values.batch.resources.limits.memory }}
{{- ternary (mul 1024 (trimSuffix "Gi" $limit | int)) (trimSuffix "Mi" $limit | int) (hasSuffix "Gi" $limit) }}
{{- end }}

{{/* MiB of a quarter of the limit. */}}
{{- define "daybreak.buildMemory" -}}
{{- $mebibytes := include "daybreak.batchMebibytes" . | int }}
{{- max 128 (div $mebibytes 4) }}
{{- end }}

{{/* The limit in whole processors. Without it a build would use as many threads as the node has processors. */}}
{{- define "daybreak.buildThreads" -}}
{{- $limit := .Values.batch.resources.limits.cpu | toString }}
{{- if hasSuffix "m" $limit }}
{{- max 1 (div (add (trimSuffix "m" $limit | int) 999) 1000) }}
{{- else }}
{{- max 1 (ceil (float64 $limit)) }}
{{- end }}
{{- end }}
