import { join, sep } from 'node:path';
import type { InputSource } from '../../domain/druid/reindex-spec';
import type { OutputFile } from './dependencies';

/** The user name with which Druid reads from the worker. The token is the password. */
export const OUTPUT_USER = 'daybreak';

/** For a Druid that sees the worker's output folder under the same path. */
export function sharedPath(files: readonly OutputFile[]): InputSource {
  return { type: 'local', files: files.map(({ folder, file }) => join(folder, file)) };
}

/** For a Druid that shares no folder with the worker: it reads from the worker's own server at `url`. */
export function servedByWorker({ url, token }: { readonly url: string; readonly token: string }) {
  return (files: readonly OutputFile[]): InputSource => ({
    type: 'http',
    // <pipeline>/output/.versions/<date>/<version>/HH.ndjson
    uris: files.map(({ folder, file }) => [url.replace(/\/$/, ''), ...folder.split(sep).slice(-5), file].join('/')),
    httpAuthenticationUsername: OUTPUT_USER,
    httpAuthenticationPassword: { type: 'default', password: token },
  });
}
