import { goInstalled } from './go-install';
import { copyJars } from './maven';
import type { Progress } from '../progress';
import { temporalBinary } from './temporal-binary';

const VERSITYGW = {
  title: 'versitygw 1.8.0',
  module: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  packages: 440,
};

/** The servers' programs, each fetched at most once. */
export interface Artifacts {
  /** Folder of jars. */
  kafka(): Promise<string>;
  /** Folder of jars, including ZooKeeper's. */
  druid(): Promise<string>;
  /** Path of the executable. */
  temporal(): Promise<string>;
  /** Path of the executable. */
  versitygw(): Promise<string>;
  /** Folder of jars. */
  hadoop(): Promise<string>;
}

export function artifactsOf(progress: Progress): Artifacts {
  return {
    kafka: once(() => copyJars('kafka', '4.3.1', progress)),
    druid: once(() => copyJars('druid', '33.0.0', progress)),
    temporal: once(() => temporalBinary(progress)),
    versitygw: once(() => goInstalled(VERSITYGW, progress)),
    hadoop: once(() => copyJars('hadoop', '3.5.0', progress)),
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
