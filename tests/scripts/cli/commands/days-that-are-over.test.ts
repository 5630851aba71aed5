import { businessDateOf, shiftDate } from '../../../../domain/business-date';
import { DaybreakError } from '../../../../domain/errors';
import { commands } from '../../../../scripts/cli/commands';

/** Runs the command as the program does, up to the point where it would ask a server. No server listens there. */
async function refusal(line: string): Promise<unknown> {
  const [name, ...rest] = line.split(' ');
  const command = commands().find((one) => one.name() === name);
  return command?.parseAsync(rest, { from: 'user' }).catch((thrown: unknown) => thrown);
}

beforeAll(() => {
  process.env['TEMPORAL_ADDRESS'] = '127.0.0.1:1';
});
afterAll(() => {
  delete process.env['TEMPORAL_ADDRESS'];
});

const today = businessDateOf(new Date(), 'Asia/Seoul');

it.each([
  `batch run --date ${today} --accept MISSING_HOURS`,
  `batch run --date ${today} --no-wait`,
  `batch run --date ${shiftDate(today, 1)}`,
  `batch restore --date ${today}`,
])('%s is refused before a server is asked', async (line) => {
  const thrown = await refusal(line);
  expect(thrown).toBeInstanceOf(DaybreakError);
  expect(thrown).toMatchObject({
    code: 'BAD_DATE',
    what: expect.stringContaining('not over yet in Asia/Seoul') as string,
  });
});

it('a day that is over is not', async () => {
  const thrown = await refusal(`batch run --date ${shiftDate(today, -1)}`);
  expect(thrown).toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
});
