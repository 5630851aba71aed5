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
  /** As package.json has it: a version, or 'file:' and a relative path. */
  readonly dependency: string;
  /** Whether npm recorded where it installed this Daybreak from. If it did not, maybe no registry has the version. */
  readonly isRecorded: boolean;
}

/**
 * How a package.json in `folder` depends on the Daybreak that runs: by its version, or by 'file:' and a relative path if
 * this one was installed from a file or is a checkout.
 *
 * @param program the path of scripts/daybreak.mjs, or of a link to it.
 */
export async function ownDependency(folder: string, program: string): Promise<OwnDependency> {
  const root = dirname(dirname(await realpath(program)));
  const modules = dirname(root);
  const { source, isRecorded } =
    basename(modules) === 'node_modules' ? await installedFrom(modules) : { source: root, isRecorded: true };
  return { dependency: source === undefined ? version : `file:${relative(folder, source)}`, isRecorded };
}

/** The file from which npm installed it into this folder. Without a source for a registry. */
async function installedFrom(modules: string): Promise<{ source?: string; isRecorded: boolean }> {
  try {
    const { packages } = installedSchema.parse(JSON.parse(await readFile(join(modules, '.package-lock.json'), 'utf8')));
    const { resolved } = packages[`node_modules/${NAME}`] ?? {};
    if (resolved?.startsWith('file:') !== true) return { isRecorded: true };
    return { source: resolve(modules, '..', resolved.slice('file:'.length)), isRecorded: true };
  } catch (thrown) {
    // npm keeps no such record of what it installed for all users of a machine.
    if (hasCode(thrown, 'ENOENT')) return { isRecorded: false };
    throw thrown;
  }
}
