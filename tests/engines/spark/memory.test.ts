import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MEBIBYTE = 1024 ** 2;
const PROGRAM = `
import json, sys
sys.path.insert(0, "engines/spark/python")
from daybreak_memory import memory_of_process
print(json.dumps([memory_of_process(plan, master, 4) for plan, master in json.loads(sys.argv[1])]))
`;

/** MiB for one process on a machine of four processors. */
async function memoryOf(
  ...builds: readonly (readonly [mebibytes: number, maximumMebibytes: number, master: string])[]
): Promise<number[]> {
  const plans = builds.map(([mebibytes, maximum, master]) => [
    { memoryBytes: mebibytes * MEBIBYTE, maximumBytes: maximum * MEBIBYTE },
    master,
  ]);
  const { stdout } = await promisify(execFile)('python3', ['-B', '-c', PROGRAM, JSON.stringify(plans)]);
  return (JSON.parse(stdout) as number[]).map((bytes) => bytes / MEBIBYTE);
}

it('divides the memory of a build among the processes of a local master', async () => {
  const masters = ['local', 'local[2]', 'local[*]', 'local[*, 3]', 'local[8,4]'];
  expect(await memoryOf(...masters.map((master) => [2048, 1, master] as const))).toEqual([2048, 1024, 512, 512, 256]);
});

it('leaves each process what DuckDB needs, and never more than the build has', async () => {
  expect(await memoryOf([1024, 1, 'local[64]'], [1024, 4, 'local[64]'], [64, 1, 'local[2]'])).toEqual([128, 512, 64]);
});

it('is that of each process on a cluster', async () => {
  const masters = ['spark://host:7077', 'yarn', 'k8s://https://host:443', 'local-cluster[2,1,1024]'];
  expect(await memoryOf(...masters.map((master) => [1024, 1, master] as const))).toEqual([1024, 1024, 1024, 1024]);
});
