import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { DaybreakError, ERROR_CODES, messageOf, type ErrorCode } from '../../domain/errors';
import { innermostFailure } from '../../domain/innermost-failure';

/** The DaybreakError of a workflow that failed, with the code of the failure if it has one. */
export function failureOf(workflowId: string, { cause }: WorkflowFailedError): DaybreakError {
  const innermost = innermostFailure(cause);
  const code = innermost instanceof ApplicationFailure ? innermost.type : undefined;
  const remedy = `See workflow ${workflowId} in the Temporal UI.`;
  if (innermost instanceof CancelledFailure) {
    return new DaybreakError('CANCELLED', { what: `workflow ${workflowId} was cancelled`, remedy, cause });
  }
  if (innermost instanceof TerminatedFailure) {
    return new DaybreakError('CANCELLED', {
      what: `somebody terminated workflow ${workflowId}: ${innermost.message}`,
      remedy: 'Run it again when you like; the Temporal UI says who terminated it.',
      cause,
    });
  }
  return new DaybreakError(isErrorCode(code) ? code : 'ENGINE_FAILED', {
    // The text already ends with the activity's remedy.
    what: messageOf(innermost).replace(/\.$/, ''),
    remedy,
  });
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code in ERROR_CODES;
}
