import * as z from 'zod';
import { parseBusinessDate } from './business-date';
import { DaybreakError } from './errors';
import { parsePipelineName } from './pipeline';

// What a caller of Temporal hands to a workflow or an activity is any JSON whatever, or nothing.

const LONGEST_NAME = 300;
const MESSAGE_CHARACTERS = 300;

/** Text that is bounded, so that no message and no status that repeats it is large. */
export const shortText = z.string().max(LONGEST_NAME);

/** As `parsePipelineName`, which throws UNKNOWN_PIPELINE. */
export const pipelineInput = shortText.transform(parsePipelineName);

/** As `parseBusinessDate`, which throws BAD_DATE. */
export const dateInput = shortText.transform(parseBusinessDate);

/** What names a day of a pipeline; more is left to who takes it. */
export const dayInput = z.object({ pipeline: pipelineInput, date: dateInput });

/** A whole number, both bounds included. */
export function wholeNumber(minimum: number, maximum: number): z.ZodInt {
  const error = `must be a number from ${minimum} to ${maximum}`;
  return z.int(error).min(minimum, error).max(maximum, error);
}

/** Seconds that an activity waits or runs, a day at most. */
export const secondsInput = z.number().min(0).max(86_400);

/**
 * What was given, as the schema says it is. Throws WRONG_USAGE with the place and what is accepted there,
 * UNKNOWN_PIPELINE for an invalid name, and BAD_DATE for an invalid day.
 *
 * @param receiver the workflow, update or activity that it was given to.
 */
export function parseInput<T>(schema: z.ZodType<T>, given: unknown, receiver: string): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
  const place = path.length === 0 ? 'its input' : path.join('.');
  throw new DaybreakError('WRONG_USAGE', {
    what: `${receiver} cannot take ${`${place}: ${message}`.slice(0, MESSAGE_CHARACTERS)}`,
    remedy: 'Correct the input and start it again; the npx daybreak commands give correct input',
  });
}
