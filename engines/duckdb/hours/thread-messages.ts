import { DaybreakError, type ErrorCode } from '../../../domain/errors';
import type { HoursSetup } from './hour-builder';
import type { HourWorker } from './hour-worker';
import type { PieceSteps } from './piece-steps';

/** What a thread that builds hours begins with. */
export interface ThreadSetup extends HoursSetup {
  /** See `HourBuilder.open`. */
  readonly number: number;
  /** See BuildPlan. */
  readonly input: string;
}

export type HourCall = {
  readonly [Name in 'read' | 'rebuild' | 'repeated']: {
    readonly call: Name;
    readonly argument: Parameters<HourWorker[Name]>[0];
  };
}['read' | 'rebuild' | 'repeated'];

export type PieceCall = {
  readonly [Name in keyof PieceSteps]: {
    readonly call: 'piece';
    readonly step: Name;
    readonly argument: Parameters<PieceSteps[Name]>[0];
  };
}[keyof PieceSteps];

export type ThreadCall = HourCall | PieceCall;

export type ToThread = ThreadCall | { readonly call: 'interrupt' } | { readonly call: 'close' };

export type FromThread =
  | { readonly kind: 'progress'; readonly rows: number; readonly bytes: number; readonly fetched: number }
  /** The outcome of a call, one after another, or of the thread's start. */
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly thrown: SentError };

/** An error on its way between threads, which pass neither classes nor codes. */
export interface SentError {
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of Node, for example 'ENOENT'. */
  readonly code?: string | undefined;
  readonly daybreak?: { readonly code: ErrorCode; readonly what: string; readonly remedy: string } | undefined;
  readonly cause?: SentError | undefined;
}

export function sentError(thrown: unknown): SentError {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { message, stack, cause } = thrown;
  return {
    message,
    stack,
    ...('code' in thrown && typeof thrown.code === 'string' && { code: thrown.code }),
    ...(thrown instanceof DaybreakError && {
      daybreak: { code: thrown.code, what: thrown.what, remedy: thrown.remedy },
    }),
    ...(cause !== undefined && { cause: sentError(cause) }),
  };
}

export function receivedError({ message, stack, code, daybreak, cause: sent }: SentError): Error {
  const cause = sent && receivedError(sent);
  const options = cause && { cause };
  const error =
    daybreak === undefined
      ? Object.assign(new Error(message, options), code === undefined ? {} : { code })
      : new DaybreakError(daybreak.code, { what: daybreak.what, remedy: daybreak.remedy, ...options });
  if (stack !== undefined) error.stack = stack;
  return error;
}
