import { main } from '../../../scripts/cli/main';
import { NO_SERVERS, type Ended } from './run-daybreak';

/** Runs a command line in this process, which takes less time than one of its own. No server answers. */
export async function runMain(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const before = process.env;
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      texts[stream] += String(text);
      return true;
    }),
  );
  process.env = { ...before, ...NO_SERVERS, ...environment };
  process.exitCode = 0;
  try {
    await main(['node', 'daybreak', ...args]);
    return { code: process.exitCode, ...texts };
  } finally {
    process.exitCode = undefined;
    process.env = before;
    for (const spy of spies) spy.mockRestore();
  }
}
