import { BuildProgressLine } from '../../../scripts/output/build-progress-line';

const NOTHING_YET = { rows: 0, bytes: 0, hoursDone: 0, hoursTotal: 24, rowsPerSecond: 0 };
const TERMINAL = process.stderr.isTTY;
afterEach(() => {
  process.stderr.isTTY = TERMINAL;
  jest.restoreAllMocks();
});

it.each([
  [0, 0, 'hour 0 of 24, 0 rows, 0/s'],
  [12_300_000, 0, 'hour 0 of 24, 0 rows, 0/s, 12.3 MB fetched'],
  [12_300_000, 4_000_000, 'hour 0 of 24, 0 rows, 0/s, 12.3 MB fetched, 4.0 MB sent'],
])('with %i bytes fetched and %i sent, shows: %s', (fetchedBytes, sentBytes, line) => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  process.stderr.isTTY = true;
  new BuildProgressLine().show({ ...NOTHING_YET, fetchedBytes, sentBytes });
  expect(write.mock.calls.join('')).toBe(`\r\x1b[K${line}`);
});
