import type { DruidClient, StoredSupervisorSpec } from '../../clients/druid';
import type { SupervisorSpec } from '../../domain/druid/supervisor-spec';

export type WantedSupervisor = SupervisorSpec & { readonly suspended: boolean };

/**
 * Brings a supervisor to what is wanted of it, and leaves it alone where it is that already: to re-submit it ends its
 * running tasks.
 *
 * @param wanted makes the spec from the stored one, undefined where there is none.
 * @returns what was done.
 */
export async function ensureSupervisor(
  druid: DruidClient,
  id: string,
  wanted: (stored: StoredSupervisorSpec | undefined) => WantedSupervisor,
): Promise<'created' | 'updated' | 'unchanged'> {
  const stored = await druid.supervisors.find(id);
  const spec = wanted(stored);
  if (stored !== undefined && contains(stored, spec)) return 'unchanged';
  await druid.supervisors.submit(spec);
  return stored === undefined ? 'created' : 'updated';
}

/** Whether `whole` has every value of `part`; Druid stores a spec with all its defaults. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) && whole.length === part.length && part.every((item, index) => contains(whole[index], item))
    );
  }
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null) return false;
  const values = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(([key, value]) => contains(values.get(key), value));
}
