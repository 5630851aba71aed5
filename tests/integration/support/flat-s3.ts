import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { goInstalled } from '../../../scripts/stack/fetch/go-install';
import { createProgress } from '../../../scripts/stack/progress';
import { isFree } from '../../../scripts/stack/port-owner';
import { until } from './until';

const GOFAKES3 = {
  title: 'gofakes3 1.2.0',
  module: 'github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0',
  packages: 120,
};

export interface FlatS3 {
  readonly url: string;
  readonly bucket: string;
  stop(): Promise<void>;
}

/**
 * Starts an S3 whose names are no paths, as Amazon's are not: an object and objects below its name can both be there. In
 * versitygw an object is a file, so one of the two is refused there. This one keeps its objects in memory, and takes any
 * key and secret. It does not read by version, and does not give up uploads: only listings are tested with it.
 */
export async function startFlatS3(): Promise<FlatS3> {
  const progress = createProgress();
  const program = await goInstalled(GOFAKES3, progress);
  progress.stop();
  const port = await freePort();
  const bucket = 'flat';
  const args = ['-backend', 'memory', '-host', `127.0.0.1:${port}`, '-initialbucket', bucket];
  const server = spawn(program, args, { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    );
  await until('the S3 with flat names answers', answers);
  return {
    url,
    bucket,
    async stop() {
      server.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  for (let port = 30_000 + (process.pid % 900); port < 31_000; port += 1) if (await isFree(port)) return port;
  throw new Error('no port is free below 31000');
}
