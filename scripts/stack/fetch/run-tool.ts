import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DaybreakError } from '../../../domain/errors';
import type { Step } from '../progress';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What it is for, as in 'fetching kafka 4.3.1 with Maven'. */
  readonly purpose: string;
  readonly step: Step;
  readonly onLine: (line: string) => void;
}

/**
 * Runs a download tool to its end and reads its output line by line. Throws DOWNLOAD_FAILED with the end of its output.
 */
export async function runTool({ command, args, environment, purpose, step, onLine }: ToolRun): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  const outcome = await new Promise<string>((resolve) => {
    child.on('error', (error) => {
      resolve(error.message);
    });
    child.on('close', (code, signal) => {
      resolve(code === 0 ? '' : `${command} ended with ${code ?? signal ?? 'no code'}`);
    });
  });
  if (outcome === '') return;
  step.fail(outcome);
  const errors = lines.filter((line) => line.includes('ERROR'));
  throw new DaybreakError('DOWNLOAD_FAILED', {
    what: `${purpose} failed: ${outcome}\n${(errors.length > 0 ? errors : lines).slice(-8).join('\n')}`,
    remedy: 'Check the network and the proxy settings, then run it again: finished parts are kept.',
  });
}
