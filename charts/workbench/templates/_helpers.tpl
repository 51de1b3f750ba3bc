{{- define "workbench.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* The full name is the release's when that already says "workbench", so that `helm install workbench` gives plain names. */ -}}
{{- define "workbench.fullname" -}}
{{- $name := include "workbench.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "workbench.controller" -}}
{{- printf "%s-controller" (include "workbench.fullname" .) -}}
{{- end -}}

{{- define "workbench.selector" -}}
app.kubernetes.io/name: {{ include "workbench.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "workbench.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "workbench.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: workbench
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "workbench.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "workbench.controller" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* How the API server names the controller's service account as a user. */ -}}
{{- define "workbench.userName" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "workbench.serviceAccountName" . }}
{{- end -}}

{{- define "workbench.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "workbench.server" -}}
{{- printf "%s-server" (include "workbench.fullname" .) -}}
{{- end -}}

{{- define "workbench.serverSelector" -}}
app.kubernetes.io/name: {{ include "workbench.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "workbench.serverAccountName" -}}
{{- if .Values.server.serviceAccount.create -}}
{{- default (include "workbench.server" .) .Values.server.serviceAccount.name -}}
{{- else -}}
{{- required "server.serviceAccount.name is needed when server.serviceAccount.create is false" .Values.server.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* The account by which a hub in another cluster works in this one. */ -}}
{{- define "workbench.hubAccessName" -}}
{{- default (printf "%s-hub" (include "workbench.fullname" .)) .Values.hubAccess.name -}}
{{- end -}}
