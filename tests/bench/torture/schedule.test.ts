import {
  CLOCKED,
  COMMANDS,
  CYCLE,
  DISKS,
  JUMPS,
  LINKED,
  nameOf,
  S3_STATES,
  schedule,
  TARGETS,
  type Fault,
} from '../../../bench/torture/schedule';

const SEEDS = [1, 2, 3, 1_000_003];
const isOfServer = (fault: Fault): boolean =>
  ['kill', 'pause', 'slow', 'cut', 's3', 'full', 'jump'].includes(fault.kind);

it('gives the same rounds for the same seed, and others for another seed', () => {
  expect(schedule(7, 50)).toEqual(schedule(7, 50));
  expect(schedule(7, 50).slice(0, 20)).toEqual(schedule(7, 20));
  expect(schedule(7, 50)).not.toEqual(schedule(8, 50));
});

it.each(SEEDS)(
  'seed %i: one cycle reaches every fault of one process, network, S3, disk or clock alone, and every pair of processes',
  (seed) => {
    const of = schedule(seed, CYCLE).map(({ faults }) => faults.filter(isOfServer));
    const alone = of.filter(({ length }) => length === 1).map(([fault]) => nameOf(fault!));
    const pairs = of
      .filter(({ length }) => length === 2)
      .map((faults) =>
        faults
          .map((fault) => ('target' in fault ? fault.target : ''))
          .sort()
          .join(),
      );

    const processes = TARGETS.flatMap((target) => [`kill -9 ${target}`, `stop ${target}`]);
    const networks = LINKED.flatMap((target) => [`slow network to ${target}`, `cut network to ${target}`]);
    const disks = DISKS.map((disk) => `full disk of ${disk}`);
    const clocks = CLOCKED.flatMap((target) => JUMPS.map((by) => `clock of ${target} jumps by ${by} s`));
    expect(alone.sort()).toEqual(
      [...processes, ...networks, ...S3_STATES.map((state) => `s3 ${state}`), ...disks, ...clocks].sort(),
    );
    expect(pairs.sort()).toEqual(
      TARGETS.flatMap((one, index) => TARGETS.slice(index + 1).map((other) => [one, other].sort().join())).sort(),
    );
  },
);

it.each(SEEDS)('seed %i: ten rounds reach everything that a person does at a bad moment', (seed) => {
  const done = schedule(seed, 10).flatMap(({ faults }) => faults.filter((fault) => !isOfServer(fault)).map(nameOf));
  const all = [...COMMANDS.map((command) => `${command} twice at once`), 'pipeline edited', 'table half written'];
  expect(done.sort()).toEqual(all.sort());
});

it.each(SEEDS)('seed %i: some pauses end before every timeout, and some after the longest', (seed) => {
  const pauses = schedule(seed, CYCLE).flatMap(({ faults }) =>
    faults.flatMap((fault) => (fault.kind === 'pause' ? [fault.seconds] : [])),
  );
  expect(Math.min(...pauses)).toBeLessThan(10);
  expect(Math.max(...pauses)).toBeGreaterThan(60);
});
