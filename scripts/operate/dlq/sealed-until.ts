import { createDruidClient } from '../../../clients/druid';
import { laterSeal } from '../../../domain/druid/supervisor-spec';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import type { Config } from '../../../worker/config';

/**
 * The instant before which Druid's realtime drops rows. Null if nothing is sealed; undefined if Druid does not say it.
 */
export type SealedUntil = string | null | undefined;

/**
 * The latest seal that the supervisor ever had. It also holds for the next supervisor with its name. Whatever is wrong with
 * Druid, the letters are what the commands are about.
 */
export async function sealedUntil(config: Config, { druid: { datasource } }: Pipeline): Promise<SealedUntil> {
  try {
    const seals = await createDruidClient(config.druid).supervisors.seals(datasource);
    return seals.reduce<string | undefined>(laterSeal, undefined) ?? null;
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code.startsWith('DRUID_')) return undefined;
    throw thrown;
  }
}
