import { messageOf } from '../../domain/errors';

/**
 * What the log records of an error: its name, code, message and stack, and the same of its causes. It records no other
 * field: the error of a request contains the request, with its passwords.
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
