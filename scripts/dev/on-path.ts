import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first program on the PATH that has one of the names. Undefined if there is none. */
export function onPath(...names: readonly string[]): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}
