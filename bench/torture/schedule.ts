import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { SERVER_NAMES } from '../../scripts/stack';

/** The processes that are killed and stopped. */
export const TARGETS = ['worker', ...SERVER_NAMES] as const;
export type Target = (typeof TARGETS)[number];

/** The servers whose network to the worker and the commands is slow or cut: Kafka's to all its clients. */
export const LINKED = ['temporal', 'kafka', 'druid-coordinator', 'druid-broker'] as const satisfies readonly Target[];
export type Linked = (typeof LINKED)[number];

/** How the S3 is that one pipeline publishes its days in. */
export const S3_STATES = ['slow', 'cut', 'throttled'] as const;
export type S3State = (typeof S3_STATES)[number];

/** The small disks that get full: what they hold. */
export const DISKS = ['output', 'kafka', 'segment-cache', 'tasks', 'segments'] as const;
export type Disk = (typeof DISKS)[number];

/** The processes whose clock jumps. */
export const CLOCKED = ['worker', 'druid-coordinator'] as const satisfies readonly Target[];
export type Clocked = (typeof CLOCKED)[number];
/** In seconds. */
export const JUMPS = [90, -90, 3_600, -3_600] as const;

/** What is typed twice at once. */
export const COMMANDS = ['batch run', 'backfill', 'speed start'] as const;
export type Command = (typeof COMMANDS)[number];

/** Seconds from the start of the round. */
interface Begins {
  readonly at: number;
}

/** A fault of one process, of the network to it, of S3, of a disk or of a clock. */
export type ServerFault = Begins & { readonly seconds: number } & (
    | { readonly kind: 'kill' | 'pause'; readonly target: Target }
    | { readonly kind: 'slow' | 'cut'; readonly target: Linked }
    | { readonly kind: 's3'; readonly state: S3State }
    | { readonly kind: 'full'; readonly disk: Disk }
    | { readonly kind: 'jump'; readonly target: Clocked; readonly by: number }
  );

/** What a person does at a bad moment. `edit` and `half-table` are taken back after so many seconds. */
export type PersonFault = Begins &
  (
    | { readonly kind: 'twice'; readonly command: Command }
    | { readonly kind: 'edit'; readonly seconds: number }
    | { readonly kind: 'half-table'; readonly seconds: number }
  );

export type Fault = ServerFault | PersonFault;

export interface Round {
  /** From 1 on. */
  readonly number: number;
  readonly faults: readonly Fault[];
}

/** How many rounds reach every fault of one process, network, S3, disk and clock, and every pair of processes at once. */
export const CYCLE =
  2 * TARGETS.length +
  2 * LINKED.length +
  S3_STATES.length +
  DISKS.length +
  CLOCKED.length * JUMPS.length +
  (TARGETS.length * (TARGETS.length - 1)) / 2;

/** The latest moment at which a fault of a process begins. A day's run takes about as long. */
const LAST_BEGIN = 20;
const LONGEST_DOWN = 5;
/**
 * Druid forgets a server after 15 s without its session, and Temporal a long step after 20 s without its heartbeat. After
 * 70 s every timeout of a short step and of a request has ended, too. A pause of 8 s is below all of these.
 */
const PAUSES = [8, 25, 25, 25, 70] as const;

/** `rounds` rounds of faults. Pure: the same seed gives the same rounds. */
export function schedule(seed: number, rounds: number): Round[] {
  const random = xoroshiro128plus(seed);
  const servers = endless(random, serverPlans());
  const persons = endless(random, PERSON_KINDS);
  return Array.from({ length: rounds }, (_, index) => {
    const faults: Fault[] = servers().map((plan) => serverFault(random, plan));
    if (index % 2 === 1) faults.push(personFault(random, persons()));
    return { number: index + 1, faults };
  });
}

type ServerPlan =
  | { readonly kind: 'kill' | 'pause' | 'either'; readonly target: Target }
  | { readonly kind: 'slow' | 'cut'; readonly target: Linked }
  | { readonly kind: 's3'; readonly state: S3State }
  | { readonly kind: 'full'; readonly disk: Disk }
  | { readonly kind: 'jump'; readonly target: Clocked; readonly by: number };

/** Each process alone, in both ways, each network, disk and clock, and each pair of processes. */
function serverPlans(): ServerPlan[][] {
  const alone: ServerPlan[] = [
    ...TARGETS.flatMap((target) => (['kill', 'pause'] as const).map((kind) => ({ kind, target }))),
    ...LINKED.flatMap((target) => (['slow', 'cut'] as const).map((kind) => ({ kind, target }))),
    ...S3_STATES.map((state) => ({ kind: 's3' as const, state })),
    ...DISKS.map((disk) => ({ kind: 'full' as const, disk })),
    ...CLOCKED.flatMap((target) => JUMPS.map((by) => ({ kind: 'jump' as const, target, by }))),
  ];
  const pairs = TARGETS.flatMap((one, index) =>
    TARGETS.slice(index + 1).map((other) => [one, other].map((target) => ({ kind: 'either' as const, target }))),
  );
  return [...alone.map((plan) => [plan]), ...pairs];
}

function serverFault(random: RandomGenerator, plan: ServerPlan): ServerFault {
  const at = uniformInt(random, 2, LAST_BEGIN);
  const pause = PAUSES[uniformInt(random, 0, PAUSES.length - 1)] ?? PAUSES[0];
  if ('state' in plan || 'disk' in plan || 'by' in plan || plan.kind === 'slow' || plan.kind === 'cut')
    return { ...plan, at, seconds: pause };
  const isKill = plan.kind === 'kill' || (plan.kind === 'either' && uniformInt(random, 0, 1) === 0);
  if (!isKill) return { ...plan, kind: 'pause', at, seconds: pause };
  return { ...plan, kind: 'kill', at, seconds: uniformInt(random, 0, LONGEST_DOWN) };
}

const PERSON_KINDS = ['edit', 'half-table', ...COMMANDS] as const;

function personFault(random: RandomGenerator, what: (typeof PERSON_KINDS)[number]): PersonFault {
  const at = uniformInt(random, 1, LAST_BEGIN);
  if (what === 'edit' || what === 'half-table') return { kind: what, at, seconds: uniformInt(random, 3, 15) };
  // The first of the two is the round's own command, or one that was there before it.
  return { kind: 'twice', command: what, at: 0 };
}

/** One after another in a random order, then all again in another order. */
function endless<T>(random: RandomGenerator, items: readonly T[]): () => T {
  let left: T[] = [];
  return () => {
    if (left.length === 0) left = shuffled(random, items);
    const next = left.pop();
    if (next === undefined) throw new Error('there is nothing to choose from');
    return next;
  };
}

function shuffled<T>(random: RandomGenerator, items: readonly T[]): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(uniformInt(random, 0, rest.length - 1), 1));
}

/** The fault in words, for the page and the run's output. */
export function nameOf(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${fault.target}`;
    case 'pause':
      return `stop ${fault.target}`;
    case 'slow':
      return `slow network to ${fault.target}`;
    case 'cut':
      return `cut network to ${fault.target}`;
    case 's3':
      return `s3 ${fault.state}`;
    case 'full':
      return `full disk of ${fault.disk}`;
    case 'jump':
      return `clock of ${fault.target} jumps by ${fault.by} s`;
    case 'twice':
      return `${fault.command} twice at once`;
    case 'edit':
      return 'pipeline edited';
    case 'half-table':
      return 'table half written';
  }
}
