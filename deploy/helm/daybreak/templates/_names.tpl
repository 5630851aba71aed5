{{- define "daybreak.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters, because others are added, and a label has at most 63. Releases may have dots, Services not. */}}
{{- define "daybreak.fullname" -}}
{{- $name := printf "%s-%s" .Release.Name (include "daybreak.name" .) }}
{{- if .Values.fullnameOverride }}
{{- $name = .Values.fullnameOverride }}
{{- else if contains (include "daybreak.name" .) .Release.Name }}
{{- $name = .Release.Name }}
{{- end }}
{{- $name | replace "." "-" | trunc 40 | trimAll "-" }}
{{- end }}

{{/*
An object of a pipeline. Takes (list root "what" "pipeline"). Long names are cut, and Kubernetes takes none that ends with a hyphen:
such names get a hash, which keeps them apart.
*/}}
{{- define "daybreak.pipelineName" -}}
{{- $full := printf "%s-%s-%s" (include "daybreak.fullname" (index . 0)) (index . 1) (index . 2) }}
{{- if or (gt (len $full) 52) (hasSuffix "-" $full) }}
{{- printf "%s-%s" ($full | trunc 43 | trimSuffix "-") (sha256sum $full | trunc 8) }}
{{- else }}
{{- $full }}
{{- end }}
{{- end }}

{{- define "daybreak.selector" -}}
app.kubernetes.io/name: {{ include "daybreak.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "daybreak.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "daybreak.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "daybreak.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "daybreak.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "daybreak.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}
