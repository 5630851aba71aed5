import { cached } from './cache';
import { createProgress } from '../progress';
import { runTool } from './run-tool';

export interface Requirements {
  /** As in 'Spark 4.3.0'. */
  readonly what: string;
  /** Roughly what is downloaded, as in '450 MB'. */
  readonly size: string;
  /** The path of a file of requirements, each with hashes. */
  readonly requirements: string;
}

/**
 * A folder of the cache with packages of Python. The first call fetches them, and pip verifies them against the pinned
 * hashes. Throws DOWNLOAD_FAILED.
 */
export async function pipInstalled(
  name: string,
  python: string,
  { what, size, requirements }: Requirements,
): Promise<string> {
  const progress = createProgress();
  const fetch = async (staging: string): Promise<void> => {
    const step = progress.step(what);
    const fetching = `fetching ${size} with pip`;
    step.update(fetching);
    await runTool({
      command: python,
      args: [
        ...['-m', 'pip', 'install', '--no-deps', '--require-hashes', '--no-compile', '--disable-pip-version-check'],
        ...['--target', staging, '--requirement', requirements],
      ],
      purpose: `fetching ${what} with pip`,
      step,
      onLine: () => {
        step.update(fetching);
      },
    });
    step.done('fetched');
  };
  try {
    return await cached(name, fetch, progress);
  } finally {
    progress.stop();
  }
}
