import type { DruidClient, StoredSupervisorSpec } from '../../clients/druid';
import { isSameZone } from '../../domain/business-date';
import { laterSeal, type SupervisorSpec } from '../../domain/druid/supervisor-spec';
import { DaybreakError } from '../../domain/errors';

export type WantedSupervisor = SupervisorSpec & { readonly suspended: boolean };

export interface EnsuredSupervisor {
  readonly done: 'created' | 'updated' | 'unchanged';
  /** The seal that the supervisor holds now, ISO 8601. */
  readonly sealedUntil: string | undefined;
}

/** More rivals than this are not days that are recomputed together, but two versions that disagree. */
const TRIES = 10;

/**
 * Makes a supervisor match the wanted spec. Leaves it unchanged if it matches already: submitting it again ends its
 * running tasks.
 *
 * The seal only moves forward, even if others write at the same time. Druid has no compare-and-set, but it keeps every
 * spec that it ever received. A writer takes the latest seal of them all, and checks again after it wrote. In any order
 * of writes, the last writer to check sees all of them.
 *
 * @param wanted makes the spec from the stored one, which is undefined if there is none.
 * @param again submits it even if it matches already, so that the running tasks end.
 */
export async function ensureSupervisor(
  druid: DruidClient,
  id: string,
  wanted: (stored: StoredSupervisorSpec | undefined) => WantedSupervisor,
  { again = false }: { readonly again?: boolean } = {},
): Promise<EnsuredSupervisor> {
  let done: EnsuredSupervisor['done'] = 'unchanged';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const running = await druid.supervisors.find(id);
    // One that Druid is replacing is looked up in its history. It does not count as there: Druid may have failed to start it.
    const stored = running ?? (await druid.supervisors.last(id));
    const own = wanted(stored);
    const fits = running !== undefined && contains(running, own) && !(again && done === 'unchanged');
    const sealedUntil = stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined;
    if (fits && done === 'unchanged') return { done, sealedUntil };
    const spec = withSeal(own, (await druid.supervisors.seals(id)).reduce(laterSeal, sealOf(own)));
    if (fits && contains(running, spec)) return { done, sealedUntil };
    await druid.supervisors.submit(spec);
    if (done === 'unchanged') done = stored === undefined ? 'created' : 'updated';
  }
  throw new DaybreakError('LOCKED', {
    what: `somebody else changed the supervisor ${id} after each of ${TRIES} attempts`,
    remedy: 'Check that all workers have the same version of the pipeline.',
  });
}

function sealOf({ spec }: WantedSupervisor): string | undefined {
  return spec.ioConfig.lateMessageRejectionStartDateTime;
}

function withSeal(wanted: WantedSupervisor, seal: string | undefined): WantedSupervisor {
  if (seal === undefined) return wanted;
  const ioConfig = { ...wanted.spec.ioConfig, lateMessageRejectionStartDateTime: seal };
  return { ...wanted, spec: { ...wanted.spec, ioConfig } };
}

/**
 * Whether `whole` has every value of `part`. Druid stores a spec with all its defaults, and with its own names of
 * zones.
 */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) && whole.length === part.length && part.every((item, index) => contains(whole[index], item))
    );
  }
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null) return false;
  const values = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(([key, value]) => {
    const stored = values.get(key);
    if (key === 'timeZone' && typeof stored === 'string') return isSameZone(stored, String(value));
    return contains(stored, value);
  });
}
