/** The fields of a log line that identify a run. */
export interface NamedRun {
  readonly pipeline?: string;
  readonly date?: string;
  /** Temporal's id of the run. */
  readonly run?: string;
}

/**
 * Pipeline, date and run of a line that Temporal's SDK logs for a workflow or an activity. Workflow ids contain the
 * first two. Empty for lines of the worker itself.
 */
export function runOf(attributes: Readonly<Record<string, unknown>>): NamedRun {
  const { workflowId, runId, workflowRunId = runId } = attributes;
  if (typeof workflowId !== 'string') return {};
  const [, pipeline, date = ''] = workflowId.split('/');
  return {
    ...(pipeline !== undefined && { pipeline }),
    ...(/^\d{4}-\d\d-\d\d$/.test(date) && { date }),
    ...(typeof workflowRunId === 'string' && { run: workflowRunId }),
  };
}
