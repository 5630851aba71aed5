import { join } from 'node:path';
import type { InputSource } from '../../domain/druid/reindex-spec';
import type { OutputFile } from './dependencies';

/** For a Druid that sees the worker's output folder under the same path. */
export function sharedPath(files: readonly OutputFile[]): InputSource {
  return { type: 'local', files: files.map(({ folder, file }) => join(folder, file)) };
}
