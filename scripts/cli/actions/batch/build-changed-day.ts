import type { DayManifest } from '../../../../domain/day-manifest';
import type { Engine } from '../../../../domain/pipeline';
import { runDayBuild } from '../../../../engines/build-day';
import { checkPipeline } from '../../../../engines/load-pipeline';
import type { ReadPipeline } from '../../../../engines/model/loaded-pipeline';
import { BuildProgressLine } from '../../../output/build-progress-line';
import { onEnding } from '../../../output/ending';
import { findSpark } from '../../../stack/fetch/spark';
import type { BuildOptions } from './build-options';

const MEBIBYTE = 1024 ** 2;

/** @param folder the pipeline's folder, as the user calls it. */
export async function buildChangedDay(
  read: ReadPipeline,
  folder: string,
  {
    master,
    memory,
    threads,
    ...options
  }: Omit<BuildOptions, 'json'> & { readonly engine: Engine; readonly scratch?: string },
): Promise<DayManifest> {
  const loaded = await checkPipeline(read, folder);
  const stop = new AbortController();
  const stopListening = onEnding(() => {
    stop.abort();
  });
  const progress = new BuildProgressLine();
  try {
    return await runDayBuild(loaded, {
      ...options,
      findSpark: () => findSpark({ master }),
      ...(memory !== undefined && { memoryLimit: memory * MEBIBYTE }),
      ...(threads !== undefined && { threads }),
      signal: stop.signal,
      onProgress: (now) => {
        progress.show(now);
      },
    });
  } finally {
    progress.end();
    stopListening();
  }
}
