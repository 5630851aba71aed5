import type { DeadLetter } from '../../../../../activities/speed/dead-letter';
import type * as Times from '../../../../../engines/rule/event-times';
import { run } from '../../../../../scripts/cli/actions/dlq/replay';
import type * as Letters from '../../../../../scripts/operate/dlq/dead-letters';

const LETTERS = 50;
/** As large as a dead letter may be. */
const VALUE = Buffer.from(`{"hello":"${'x'.repeat(880_000)}","id":1,"time":"2026-11-21 07:00:00"}`);

jest.mock('../../../../../scripts/operate/dlq/dead-letters', () => ({
  ...jest.requireActual<typeof Letters>('../../../../../scripts/operate/dlq/dead-letters'),
  // eslint-disable-next-line @typescript-eslint/require-await
  deadLetters: async function* (): AsyncGenerator<DeadLetter> {
    for (let offset = 0; offset < LETTERS; offset++) {
      const origin = { topic: 'events', partition: 0, offset };
      const letter = { partition: 0, offset, origin, timestamp: '', sentAt: 0, code: 'TRANSFORM_FAILED', reason: 'x' };
      yield { ...letter, key: null, value: VALUE, headers: [] };
    }
  },
}));

/** The bytes of each read of times. */
const reads: number[] = [];
jest.mock('../../../../../engines/rule/event-times', () => {
  const actual = jest.requireActual<typeof Times>('../../../../../engines/rule/event-times');
  const openEventTimes: typeof actual.openEventTimes = async (pipeline) => {
    const times = await actual.openEventTimes(pipeline);
    return {
      ...times,
      of(values) {
        reads.push(values.reduce((sum, value) => sum + (value?.length ?? 0), 0));
        return times.of(values);
      },
    };
  };
  return { ...actual, openEventTimes };
});

it('plans a replay of large letters a few at a time: all of them in one text would be too long', async () => {
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  process.env['DRUID_COORDINATOR_URL'] = 'http://127.0.0.1:1';
  await run({ pipeline: 'events', wait: 0, dryRun: true, json: true });
  const text = written.mock.calls.map(([chunk]) => String(chunk)).join('');
  written.mockRestore();
  expect(JSON.parse(text)).toMatchObject({ selected: LETTERS, days: [{ date: '2026-11-21', letters: LETTERS }] });
  expect(Math.max(...reads)).toBeLessThan(8 * 1024 ** 2);
});
