import type { StorageLocation } from '../../clients/storage/location';
import { webHdfsAccess } from '../../clients/storage/webhdfs/access';
import type { ListedFile } from '../input/listed-file';
import type { SizedFile } from './work-items';

/** Where a task finds a file. Keys and tokens are not here: they are in the environment of Spark. */
type TaskPlace =
  /** A path that is the same on every machine. */
  | { readonly kind: 'local'; readonly path: string }
  /** Bucket and key. */
  | { readonly kind: 's3'; readonly path: string }
  | { readonly kind: 'webhdfs'; readonly origins: readonly string[]; readonly user: string; readonly path: string };

/** An input file, as tasks read it. */
export interface TaskFile extends SizedFile {
  /** Among all files of the build. */
  readonly number: number;
  readonly place: TaskPlace;
}

/** Where tasks find the files of an input location. */
export function placesOf(location: StorageLocation): (file: ListedFile) => TaskPlace {
  switch (location.kind) {
    case 'local':
      return ({ path }) => ({ kind: 'local', path });
    case 's3':
      return ({ file }) => ({ kind: 's3', path: `${location.bucket}/${location.prefix}${file}` });
    case 'webhdfs': {
      const { origins, identity } = webHdfsAccess(location, process.env);
      const user = 'user.name' in identity ? identity['user.name'] : '';
      return ({ file }) => ({ kind: 'webhdfs', origins, user, path: `${location.path}/${file}` });
    }
  }
}
