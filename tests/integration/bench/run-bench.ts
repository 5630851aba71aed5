import { runToEnd, type Ended } from '../support/run-to-end';

/**
 * Runs a bench to its end, as its README says, with arguments for a small run. Its output has no colours. For `seconds`
 * see `runToEnd`.
 */
export function runBench(
  name:
    | 'backfill/index'
    | `batch/${'index' | 'hot-hour' | 'listing' | 'memory' | 'nested' | 'spark' | 'storage'}`
    | `day/${'index' | 'large'}`
    | 'fuzz/index'
    | 'soak/index'
    | 'speed/index'
    | 'start/index'
    | 'torture/index'
    | 'upgrade/index',
  args: readonly (string | number)[],
  environment: Readonly<Record<string, string>> = {},
  seconds?: number,
): Promise<Ended> {
  return runToEnd(process.execPath, ['--import', 'tsx', `bench/${name}.ts`, ...args.map(String)], {
    environment,
    ...(seconds !== undefined && { seconds }),
  });
}
