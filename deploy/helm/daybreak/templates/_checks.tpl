{{/* What the schema of the values cannot say. */}}
{{- define "daybreak.check" -}}
{{- $values := .Values }}
{{- if not (or $values.speed.enabled $values.batch.enabled) }}
{{- fail "speed.enabled and batch.enabled are both false, so nothing would run." }}
{{- end }}
{{- $fullname := include "daybreak.fullname" . }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) }}
{{- fail (printf "The objects would be called %s, but the name of a Service has lower-case letters, digits and hyphens, and begins with a letter. Set fullnameOverride." $fullname) }}
{{- end }}
{{- $names := include "daybreak.pipelineNames" . | fromJsonArray }}
{{- if ne (len $names) (len (uniq $names)) }}
{{- fail "A pipeline is in pipelines.files and in pipelines.configMaps. Remove one of them." }}
{{- end }}
{{- if and $values.pipelines.path $names }}
{{- fail "pipelines.path is set, so pipelines.files and pipelines.configMaps would be without effect. Remove one or the other." }}
{{- end }}
{{- if not (or $values.pipelines.path $names) }}
{{- fail "There is no pipeline. Set pipelines.files, pipelines.configMaps or pipelines.path." }}
{{- end }}
{{- range $name, $what := $values.start }}
{{- if and $what.speed (not $values.speed.enabled) }}
{{- fail (printf "start.%s.speed is true, but speed.enabled is false: nothing would run the realtime layer. Leave one of them out." $name) }}
{{- end }}
{{- if and $what.schedule (not $values.batch.enabled) }}
{{- fail (printf "start.%s.schedule is true, but batch.enabled is false: nothing would run the nights. Leave one of them out." $name) }}
{{- end }}
{{- if not (or $values.pipelines.path (has $name $names)) }}
{{- fail (printf "start names the pipeline %s, but pipelines has only: %s." $name (join ", " $names)) }}
{{- end }}
{{- end }}
{{- range $name, $files := $values.pipelines.files }}
{{- $size := 0 }}
{{- range $path, $content := $files }}
{{- $size = add $size (len $content) }}
{{- if ne $content ($content | toJson | mustFromJson) }}
{{- fail (printf "The file %s of the pipeline %s is not UTF-8, and Helm would change it. Make a ConfigMap with kubectl, and set pipelines.configMaps." $path $name) }}
{{- end }}
{{- end }}
{{- if gt (int $size) 1000000 }}
{{- fail (printf "The files of the pipeline %s have %d bytes, and a ConfigMap takes 1 MiB. Put the pipelines into the image, and set pipelines.path." $name (int $size)) }}
{{- end }}
{{- end }}
{{- $isShared := or (eq $values.batch.data.kind "scratch") (eq $values.batch.data.volume.accessMode "ReadWriteMany") }}
{{- if and (gt (int $values.batch.replicas) 1) (not $isShared) }}
{{- fail "batch.replicas is more than 1, but only one Pod can use a volume that is ReadWriteOnce. Set batch.data.volume.accessMode to ReadWriteMany or batch.data.kind to scratch." }}
{{- end }}
{{- $scale := $values.speed.autoscaling }}
{{- if and $scale.enabled (lt (int $scale.maxReplicas) (int $scale.minReplicas)) }}
{{- fail (printf "speed.autoscaling.maxReplicas is %d, but minReplicas is %d. Raise it." (int $scale.maxReplicas) (int $scale.minReplicas)) }}
{{- end }}
{{- if and $values.networkPolicy.enabled $values.metrics.serviceMonitor.enabled (not $values.networkPolicy.metricsFrom) }}
{{- fail "metrics.serviceMonitor is on, but networkPolicy lets nobody read metrics. Name Prometheus in networkPolicy.metricsFrom." }}
{{- end }}
{{- if $values.batch.outputServer.enabled }}
{{- $token := or (hasKey $values.secrets "DAYBREAK_OUTPUT_TOKEN") (hasKey $values.batch.secrets "DAYBREAK_OUTPUT_TOKEN") }}
{{- $file := or (hasKey $values.settings "DAYBREAK_OUTPUT_TOKEN_FILE") (hasKey $values.batch.settings "DAYBREAK_OUTPUT_TOKEN_FILE") }}
{{- if not (or $token $file) }}
{{- fail "batch.outputServer needs DAYBREAK_OUTPUT_TOKEN in secrets: Druid reads published days with it." }}
{{- end }}
{{- if and $values.networkPolicy.enabled (not $values.networkPolicy.outputFrom) }}
{{- fail "batch.outputServer is on, but networkPolicy lets nobody read from it. Name Druid in networkPolicy.outputFrom." }}
{{- end }}
{{- if eq $values.batch.data.kind "scratch" }}
{{- fail "batch.outputServer serves days from a volume, but batch.data.kind is scratch. Druid reads days in S3 and HDFS there." }}
{{- end }}
{{- end }}
{{- end }}
