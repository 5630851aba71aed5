import { setCurrentDetails } from '@temporalio/workflow';
import type { Markdown } from '../domain/markdown';

/** Shows in the Temporal UI what the workflow does now. The text answers a query and is no part of the history. */
export function showDetails({ text }: Markdown): void {
  setCurrentDetails(text);
}
