import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { messageOf } from '../../domain/errors';
import type { Instrumented } from './instrumented';

/** What a run found. */
export interface Fuzzed {
  readonly inputs: number;
  /** Counters of statements and branches that ran, each once for each magnitude of how often it ran. */
  readonly reached: number;
  /** Inputs that reached something which none before them reached. */
  readonly corpus: readonly Buffer[];
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly input: Buffer;
  readonly reason: string;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs that earlier runs kept. */
  readonly corpus: readonly Buffer[];
  /** Whether to go on after so many inputs. */
  readonly goesOn: (inputs: number) => boolean;
}

const MOST_BYTES = 4_096;
/** Of the process, so that other programs do not count. A small input takes some milliseconds. */
const MOST_CPU_MILLISECONDS = 1_000;
const MOST_GROWTH = 256 * 2 ** 20;
const MOST_FINDINGS = 20;
const ODD_NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/**
 * Reads inputs that it makes of the corpus by chance. It keeps each that reaches new code, and goes on from there. An
 * input is a finding if its reader fails in a way that it must not, or takes time or memory out of proportion. The same
 * seed and corpus give the same inputs.
 */
export async function fuzz({ target, take }: Instrumented, options: FuzzOptions): Promise<Fuzzed> {
  const random = xoroshiro128plus(options.seed);
  const below = (bound: number): number => uniformInt(random, 0, bound - 1);
  const words = target.words.map((word) => Buffer.from(word));
  const reached = new Set<number>();
  const corpus: Buffer[] = [];
  const findings = new Map<string, Finding>();
  let inputs = 0;

  async function run(input: Buffer): Promise<void> {
    inputs += 1;
    const [cpu, memory] = [process.cpuUsage(), process.memoryUsage.rss()];
    let reason: string | undefined;
    try {
      await target.read(Buffer.from(input));
    } catch (thrown) {
      reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
    }
    const { user, system } = process.cpuUsage(cpu);
    if ((user + system) / 1_000 > MOST_CPU_MILLISECONDS)
      reason ??= `took ${Math.round((user + system) / 1_000)} ms of processor time`;
    if (process.memoryUsage.rss() - memory > MOST_GROWTH) reason ??= 'took more than 256 MiB of memory';
    const before = reached.size;
    take((counter, count) => reached.add(counter * 8 + magnitude(count)));
    if (reason === undefined) {
      if (reached.size > before) corpus.push(input);
      return;
    }
    // One finding for each place.
    const place = reason.replace(/\d+/g, '').split('\n').slice(0, 3).join('\n');
    if (!findings.has(place)) findings.set(place, { input, reason });
  }

  for (const input of [...target.seeds.map((seed) => Buffer.from(seed)), ...options.corpus]) await run(input);
  while (options.goesOn(inputs) && findings.size < MOST_FINDINGS) {
    let input = corpus[below(corpus.length)] ?? Buffer.alloc(0);
    for (let changes = 1 + below(4); changes > 0; changes -= 1) input = changed(input, corpus, words, below);
    await run(input.subarray(0, MOST_BYTES));
  }
  return { inputs, reached: reached.size, corpus, findings: [...findings.values()] };
}

/** 1, 2, 3, 4 to 7, and so on: a loop that runs once more is news only while it runs seldom. */
function magnitude(count: number): number {
  return count <= 3 ? count : Math.min(7, 2 + Math.floor(Math.log2(count)));
}

function changed(
  input: Buffer,
  corpus: readonly Buffer[],
  words: readonly Buffer[],
  below: (bound: number) => number,
): Buffer {
  const at = below(input.length + 1);
  const end = Math.min(input.length, at + 1 + below(below(4) === 0 ? 64 : 4));
  const [before, part, after] = [input.subarray(0, at), input.subarray(at, end), input.subarray(end)];
  const other = corpus[below(corpus.length)] ?? input;
  switch (below(8)) {
    case 0: {
      const flipped = Buffer.from(part);
      if (flipped.length > 0) flipped[0] = (flipped[0] ?? 0) ^ (1 << below(8));
      return Buffer.concat([before, flipped, after]);
    }
    case 1:
      return Buffer.concat([before, Buffer.from([below(256)]), after]);
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return Buffer.concat([before, part, part, after]);
    case 4:
      return Buffer.concat([before, words[below(words.length)] ?? part, after]);
    case 5:
      return Buffer.concat([before, words[below(words.length)] ?? part, part, after]);
    case 6: {
      const from = below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + 1 + below(64)), after]);
    }
    default: {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(ODD_NUMBERS[below(ODD_NUMBERS.length)] ?? 0);
      return Buffer.concat([before, number.subarray(below(4)), after]);
    }
  }
}
