import { ApplicationFailure, patched, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { DaybreakError } from '../domain/errors';
import { markdown } from '../domain/markdown';
import { parseInput } from '../domain/parse-input';
import { outcomeAttribute } from '../domain/search-attributes';
import { showDetails } from './show-details';

/**
 * The input of the workflow, parsed by the schema. Fails the workflow with the error's code, and shows it as its
 * outcome. Any other error would fail the workflow task, which Temporal retries forever.
 */
export function checkedInput<Input>(schema: z.ZodType<Input>, given: Input): Input {
  try {
    return parseInput(schema, given, workflowInfo().workflowType);
  } catch (thrown) {
    // A run that began before inputs were checked continues unchecked.
    if (!(thrown instanceof DaybreakError) || !patched('checked-input')) return given;
    showDetails(markdown`**failed:${thrown.code}** — ${thrown.what}`);
    upsertSearchAttributes([{ key: outcomeAttribute, value: `failed:${thrown.code}` }]);
    throw failureOf(thrown);
  }
}

/** Calls the check of an update's argument. Rejects the update with the error's code. */
export function refusing(check: () => unknown): void {
  try {
    check();
  } catch (thrown) {
    throw thrown instanceof DaybreakError ? failureOf(thrown) : thrown;
  }
}

function failureOf({ code, what, remedy }: DaybreakError): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${what}. ${remedy}`, code);
}
