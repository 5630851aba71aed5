import type { Client } from '@temporalio/client';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import type { Config } from '../../worker/config';
import { pollIngestion } from '../operate/speed/ingestion';
import { speedView } from '../operate/speed/speed-status';
import type { ReportRealtime } from './report-data';

/** The speed layer, as far as Temporal and its worker know it. */
export async function layerState(client: Client, pipeline: string): Promise<ReportRealtime> {
  try {
    const { state, unanswered, partitions, troubles } = await speedView(client, pipeline);
    const sum = (key: 'lag' | 'deadLetters'): number => partitions.reduce((all, one) => all + one[key], 0);
    return {
      state: unanswered === undefined ? state : 'not known',
      ...(unanswered !== undefined && { why: unanswered.what }),
      ...(partitions.length > 0 && { lag: sum('lag'), deadLetters: sum('deadLetters') }),
      troubles,
    };
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError && thrown.code === 'NOT_RUNNING')) throw thrown;
    return { state: 'not running', why: thrown.what, troubles: [] };
  }
}

/** Nothing if Druid does not answer, or does not know. */
export async function druidLag(
  config: Config,
  settings: Pipeline,
): Promise<Pick<ReportRealtime, 'druidLag' | 'isDruidLagBound'>> {
  const ingestion = await pollIngestion(config, settings);
  if (ingestion === undefined || !('health' in ingestion) || ingestion.lag === undefined) return {};
  return { druidLag: Math.max(0, ingestion.lag), ...(ingestion.lagIsBound && { isDruidLagBound: true }) };
}
