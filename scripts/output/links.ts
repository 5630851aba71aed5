import type { Config } from '../../worker/config';

/** The address of a workflow in the Temporal UI. */
export function workflowUrl({ temporal: { uiUrl, namespace } }: Config, workflowId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
