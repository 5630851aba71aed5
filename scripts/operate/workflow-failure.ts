import type { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { DaybreakError, ERROR_CODES, type ErrorCode } from '../../domain/errors';
import { codeOf, failureMessage, lastFailure } from '../../domain/innermost-failure';

/** The DaybreakError of a workflow that failed, with the code of the failure if it has one. */
export function failureOf(workflowId: string, { cause }: WorkflowFailedError): DaybreakError {
  const last = lastFailure(cause);
  const code = codeOf(last);
  const remedy = `See workflow ${workflowId} in the Temporal UI.`;
  if (last instanceof CancelledFailure) {
    return new DaybreakError('CANCELLED', { what: `workflow ${workflowId} was cancelled`, remedy, cause });
  }
  if (last instanceof TerminatedFailure) {
    return new DaybreakError('CANCELLED', {
      what: `somebody terminated workflow ${workflowId}: ${last.message}`,
      remedy: 'Run it again when you like; the Temporal UI says who terminated it.',
      cause,
    });
  }
  return new DaybreakError(isErrorCode(code) ? code : 'ENGINE_FAILED', {
    // The text already ends with the activity's remedy.
    what: failureMessage(last).replace(/\.$/, ''),
    remedy,
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return code in ERROR_CODES;
}
