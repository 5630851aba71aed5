import { copyJars } from './maven';
import type { Progress } from '../progress';
import { temporalBinary } from './temporal-binary';

/** The servers' programs, each fetched at most once. */
export interface Artifacts {
  /** Folder of jars. */
  kafka(): Promise<string>;
  /** Folder of jars, ZooKeeper's among them. */
  druid(): Promise<string>;
  /** Path of the executable. */
  temporal(): Promise<string>;
}

export function artifactsOf(progress: Progress): Artifacts {
  return {
    kafka: once(() => copyJars('kafka', '4.3.1', progress)),
    druid: once(() => copyJars('druid', '33.0.0', progress)),
    temporal: once(() => temporalBinary(progress)),
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
