import { messageOf } from '../../domain/errors';

/**
 * What the log has of an error: its name, code and message, those of its causes, and its stack. Nothing else that it
 * carries: an error of a request has the request, with its passwords.
 */
export function errorInLog(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: messageOf(thrown) };
  const { name: type, message, stack, cause } = thrown;
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  return {
    type,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    message,
    stack,
    ...(cause !== undefined && { cause: errorInLog(cause) }),
  };
}
