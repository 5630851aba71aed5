import { outputFailed } from '../../../engines/versions/output-errors';

it.each([
  ["EACCES: permission denied, open '/out/00.ndjson'", 'Make the folder writable'],
  ['ENOSPC: no space left on device, write', 'Free space there'],
  ['Out of Memory Error: failed to offload data block of size 256.0 KiB', 'Free space there'],
  ["EMFILE: too many open files, open '/out/00.ndjson'", 'ulimit -n'],
  ["ESTALE: stale file handle, open '/out/00.ndjson'", 'Check the file server'],
  ["EOPNOTSUPP: operation not supported on socket, symlink 'a' -> 'b'", 'file system can do this'],
])('says what to do about %s', (message, remedy) => {
  expect(outputFailed('/out', new Error(message))).toMatchObject({
    code: 'OUTPUT_FAILED',
    what: `the day cannot be written to /out: ${message}`,
    remedy: expect.stringContaining(remedy) as string,
  });
});
