import * as z from 'zod';
import { BUNDLED } from './layout';

const names = z.record(z.string(), z.string()).default({});
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ dependencies: names, optionalDependencies: names })),
});
type Packages = z.infer<typeof lockSchema>['packages'];

/**
 * The paths, such as 'node_modules/axios', of all packages of a lock file whose code users run: what is installed with
 * ours, and what dist/ contains. `lock` is the text of package-lock.json.
 */
export function shippedPackages(lock: string, bundled: readonly string[] = BUNDLED): Set<string> {
  const { packages } = lockSchema.parse(JSON.parse(lock));
  const found = new Set<string>();
  const add = (wanted: readonly string[], from: string): void => {
    for (const name of wanted) {
      const path = pathOf(packages, name, from);
      if (path === undefined || found.has(path)) continue;
      found.add(path);
      const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {};
      add([...Object.keys(dependencies), ...Object.keys(optionalDependencies)], path);
    }
  };
  add([...Object.keys(packages['']?.dependencies ?? {}), ...bundled], '');
  return found;
}

/** Where Node finds a package that the one at `from` requires: in its own folder, or in one further up. */
function pathOf(packages: Packages, name: string, from: string): string | undefined {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (path in packages || from === '') return path in packages ? path : undefined;
  return pathOf(packages, name, from.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, ''));
}
