/** Whether an error of Node's own bears this code, such as 'ENOENT'. */
export function hasCode(thrown: unknown, code: string): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === code;
}

/** Whether a file or folder is not there. */
export function isMissing(thrown: unknown): boolean {
  return hasCode(thrown, 'ENOENT');
}

/** Undefined for a file or folder that is not there; throws any other error. For `catch`. */
export function ignoreMissing(thrown: unknown): undefined {
  if (isMissing(thrown)) return undefined;
  throw thrown;
}
