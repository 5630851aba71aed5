import { join } from 'node:path';
import { cached } from './cache';
import type { Progress } from '../progress';
import { runTool } from './run-tool';
import { findGo } from './tools';

export interface GoProgram {
  /** With its version, as in 'temporal 1.5.1'. */
  readonly title: string;
  /** As `go install` takes it, as in 'github.com/temporalio/cli/cmd/temporal@v1.5.1'. */
  readonly module: string;
  /** Roughly how many packages its build compiles. For the progress bar. */
  readonly packages: number;
}

/**
 * The path of a program. The first time, Go builds it into the cache and verifies it by Go's checksum database. Throws
 * MISSING_TOOL or DOWNLOAD_FAILED.
 */
export async function goInstalled({ title, module, packages }: GoProgram, progress: Progress): Promise<string> {
  const build = async (staging: string): Promise<void> => {
    const go = await findGo(title);
    const step = progress.step(title);
    const building = 'building, some minutes on 2 cores';
    let compiled = 0;
    step.update(building);
    await runTool({
      command: go,
      args: ['install', '-v', '-trimpath', module],
      environment: { GOBIN: staging },
      purpose: `building ${module} with Go`,
      step,
      onLine(line) {
        if (!line.startsWith('go: ')) compiled += 1;
        step.update(building, Math.min(compiled, packages), packages);
      },
    });
    step.done('built');
  };
  const folder = await cached(title.replace(' ', '-'), build, progress);
  return join(folder, /([^/]+)@/.exec(module)?.[1] ?? '');
}
