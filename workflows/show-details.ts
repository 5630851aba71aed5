import { setCurrentDetails } from '@temporalio/workflow';
import type { Markdown } from '../domain/markdown';

/** Shows in the Temporal UI what the workflow does now. It is answered to a query, and no part of the history. */
export function showDetails({ text }: Markdown): void {
  setCurrentDetails(text);
}
