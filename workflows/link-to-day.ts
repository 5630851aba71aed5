import { workflowInfo } from '@temporalio/workflow';
import type { BusinessDate } from '../domain/business-date';
import { dailyBatchId } from '../domain/daily-batch';
import { Markdown } from '../domain/markdown';
import { workflowUrl } from '../domain/workflow-url';

/** The latest run of a day, as a link within the Temporal UI that shows the details of this workflow. */
export function linkToDay(pipeline: string, date: BusinessDate): Markdown {
  const id = dailyBatchId(pipeline, date);
  const path = workflowUrl({ uiUrl: '', namespace: workflowInfo().namespace }, id);
  return Markdown.of(['[', `](${path})`], [id]);
}
