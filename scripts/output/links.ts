import type { Config } from '../../worker/config';

/** Where a workflow is in the Temporal UI. */
export function workflowUrl({ temporal: { uiUrl, namespace } }: Config, workflowId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
