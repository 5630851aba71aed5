import { BuildProgressLine } from '../../../scripts/output/build-progress-line';

const NOTHING_YET = { rows: 0, bytes: 0, hoursDone: 0, hoursTotal: 24, rowsPerSecond: 0 };
const TERMINAL = process.stderr.isTTY;
afterEach(() => {
  process.stderr.isTTY = TERMINAL;
  jest.restoreAllMocks();
});

it.each([
  [0, 'hour 0 of 24, 0 rows, 0/s'],
  [12_300_000, 'hour 0 of 24, 0 rows, 0/s, 12.3 MB fetched'],
])('with %i bytes fetched, shows: %s', (fetchedBytes, line) => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  process.stderr.isTTY = true;
  new BuildProgressLine().show({ ...NOTHING_YET, fetchedBytes });
  expect(write.mock.calls.join('')).toBe(`\r\x1b[K${line}`);
});
