import { rmSync } from 'node:fs';
import { progress } from '../../scripts/output/print';
import { measure, type Measured } from './measure';

export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

export interface Turns {
  /** What each command writes: removed before each of them, and at the end. */
  readonly output: string;
  readonly rounds: number;
  /** Called when a command has ended, before its output is removed. */
  readonly onOutput?: (name: string) => Promise<void>;
}

/**
 * Measures the commands in turn, so that a slow minute of the machine affects all of them. Resolves to the rounds of each
 * contender, in their order.
 */
export async function measureInTurn(
  contenders: readonly Contender[],
  { output, rounds, onOutput }: Turns,
): Promise<readonly (readonly Measured[])[]> {
  const measured = contenders.map((): Measured[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, command }] of contenders.entries()) {
      rmSync(output, { recursive: true, force: true });
      const one = await measure(name, command);
      progress(`${name}: ${one.seconds} s, ${one.cpuSeconds} CPU s, ${one.peakMebibytes} MiB`);
      measured[index]?.push(one);
      await onOutput?.(name);
    }
  }
  rmSync(output, { recursive: true, force: true });
  return measured;
}
