import * as z from 'zod';
import { parseBusinessDate } from './business-date';
import { DaybreakError } from './errors';
import { parsePipelineName } from './pipeline';

// The input that a caller of Temporal passes to a workflow or an activity can be any JSON, or nothing.

const LONGEST_NAME = 300;
const MESSAGE_CHARACTERS = 300;

/** Bounded text, so that no message or status that repeats it is large. */
export const shortText = z.string().max(LONGEST_NAME);

/** Parsed by `parsePipelineName`, which throws UNKNOWN_PIPELINE. */
export const pipelineInput = shortText.transform(parsePipelineName);

/** Parsed by `parseBusinessDate`, which throws BAD_DATE. */
export const dateInput = shortText.transform(parseBusinessDate);

/** The fields that name a day of a pipeline. The receiver adds others. */
export const dayInput = z.object({ pipeline: pipelineInput, date: dateInput });

/** A whole number, both bounds included. */
export function wholeNumber(minimum: number, maximum: number): z.ZodInt {
  const error = `must be a number from ${minimum} to ${maximum}`;
  return z.int(error).min(minimum, error).max(maximum, error);
}

/** Seconds that an activity waits or runs, at most a day. */
export const secondsInput = z.number().min(0).max(86_400);

/**
 * The given value, parsed by the schema. Throws WRONG_USAGE with the place and what is accepted there, UNKNOWN_PIPELINE
 * for an invalid name, and BAD_DATE for an invalid day.
 *
 * @param receiver the workflow, update or activity that received it.
 */
export function parseInput<T>(schema: z.ZodType<T>, given: unknown, receiver: string): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
  const place = path.length === 0 ? 'its input' : path.join('.');
  throw new DaybreakError('WRONG_USAGE', {
    what: `${receiver} cannot take ${`${place}: ${message}`.slice(0, MESSAGE_CHARACTERS)}`,
    remedy: 'Correct the input and start it again; the commands of Daybreak give correct input',
  });
}
