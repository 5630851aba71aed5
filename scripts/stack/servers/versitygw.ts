import { mkdir } from 'node:fs/promises';
import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';

/** The user who may do everything on the local S3. It is no secret: the server listens on 127.0.0.1 alone. */
export const S3_ROOT = { accessKeyId: 'daybreak', secretAccessKey: 'daybreak-local-only', region: 'us-east-1' };

/** The bucket that `up --storage s3` makes. */
export const BUCKET = 'events';

/**
 * The variables by which the AWS SDK finds the local S3. A profile or a session token of the user would take precedence
 * or spoil the signature, so both are empty.
 */
export function s3Variables({ ports }: Stack): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${ports.s3}`,
    AWS_REGION: S3_ROOT.region,
    AWS_ACCESS_KEY_ID: S3_ROOT.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_ROOT.secretAccessKey,
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
  };
}

/** The local S3: a bucket is a folder, and an object is a file in it. */
export function versitygw(stack: Stack, artifacts: Artifacts, port: number): Server {
  const home = `${stack.directory}/versitygw`;
  const [buckets, accounts] = [`${home}/buckets`, `${home}/accounts`];
  const url = `http://127.0.0.1:${port}`;
  return {
    name: 'versitygw',
    title: 'S3 (versitygw)',
    port,
    otherPorts: [],
    url,
    after: [],
    stopSeconds: 10,
    mark: buckets,
    async prepare() {
      await mkdir(buckets, { recursive: true });
      await mkdir(accounts, { recursive: true });
    },
    async launch() {
      return {
        command: await artifacts.versitygw(),
        cwd: home,
        args: [
          ...['--port', `127.0.0.1:${port}`, '--region', S3_ROOT.region, '--keep-alive', '--health', '/health'],
          ...['--access', S3_ROOT.accessKeyId, '--secret', S3_ROOT.secretAccessKey, '--iam-dir', accounts],
          ...['--quiet', 'posix', buckets],
        ],
      };
    },
    async check() {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    },
  };
}
