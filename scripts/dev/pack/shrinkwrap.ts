import * as z from 'zod';

const lockSchema = z.object({
  name: z.string(),
  version: z.string(),
  requires: z.boolean(),
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional(), devOptional: z.boolean().optional() })),
});

/**
 * The text of npm-shrinkwrap.json: every package that is installed with ours, at the version that was tested, and no
 * package that only our development needs. `lock` is the text of package-lock.json, `manifest` that of package.json.
 */
export function shrinkwrap(lock: string, manifest: string): string {
  const { packages, ...rest } = lockSchema.parse(JSON.parse(lock));
  const root = manifestSchema.parse(JSON.parse(manifest));
  const kept = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { devOptional, ...found }]) => [path, { ...found, ...(devOptional && { optional: true }) }] as const);
  return `${JSON.stringify({ ...rest, packages: { '': root, ...Object.fromEntries(kept) } }, undefined, 2)}\n`;
}

/** What a lock says of the package itself. */
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  dependencies: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()),
  engines: z.record(z.string(), z.string()),
});
