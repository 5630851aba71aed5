import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { hasCode } from '../../domain/errors';
import { version } from '../../package.json';

const NAME = 'daybreak';
const installedSchema = z.object({
  packages: z.record(z.string(), z.object({ resolved: z.string().optional() })),
});

export interface OwnDependency {
  /** As package.json has it: a version, 'file:' and a relative path, or the address of a tarball or a Git repository. */
  readonly dependency: string;
  /** Whether npm recorded where it installed this Daybreak from, and `dependency` has all of it. Else npm may find none. */
  readonly isRecorded: boolean;
}

/**
 * How a package.json in `folder` depends on the Daybreak that runs: by its version if this one is of a registry, by
 * 'file:' and a relative path if it was installed from a file or is a checkout, else by the address it came from.
 *
 * @param program the path of scripts/daybreak.mjs, or of a link to it.
 */
export async function ownDependency(folder: string, program: string): Promise<OwnDependency> {
  const root = dirname(dirname(await realpath(program)));
  const modules = dirname(root);
  if (basename(modules) === 'node_modules') return await installedFrom(modules, folder);
  return { dependency: `file:${relative(folder, root)}`, isRecorded: true };
}

async function installedFrom(modules: string, folder: string): Promise<OwnDependency> {
  try {
    const { packages } = installedSchema.parse(JSON.parse(await readFile(join(modules, '.package-lock.json'), 'utf8')));
    const { resolved } = packages[`node_modules/${NAME}`] ?? {};
    if (resolved?.startsWith('file:') === true) {
      const file = resolve(modules, '..', resolved.slice('file:'.length));
      return { dependency: `file:${relative(folder, file)}`, isRecorded: true };
    }
    const address = resolved === undefined ? undefined : withoutLogin(resolved);
    // Only a registry is asked by a version. Of what came from elsewhere, a registry may have a stranger's package.
    if (address === undefined || address.endsWith(`/${NAME}/-/${NAME}-${version}.tgz`))
      return { dependency: version, isRecorded: true };
    return { dependency: address, isRecorded: address === resolved };
  } catch (thrown) {
    // npm keeps no such record of what it installed for all users of a machine.
    if (hasCode(thrown, 'ENOENT')) return { dependency: version, isRecorded: false };
    throw thrown;
  }
}

/** A repository is no place for a secret: a password, an HTTP user, who may be a token, and a query, which may have one. */
function withoutLogin(address: string): string {
  return address
    .replace(/^((?:git\+)?https?:\/\/)[^/]*@/, '$1')
    .replace(/^([^/]*\/\/[^/:@]*):[^/]*@/, '$1@')
    .replace(/\?[^#]*/, '');
}
