/** Where the Temporal UI shows the workflows of a namespace. */
export interface TemporalUi {
  readonly uiUrl: string;
  readonly namespace: string;
}

/** The address of a workflow in the Temporal UI: of one run, or of its latest. */
export function workflowUrl({ uiUrl, namespace }: TemporalUi, workflowId: string, runId?: string): string {
  const workflow = `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return runId === undefined ? workflow : `${workflow}/${runId}`;
}
