import fc from 'fast-check';
import { PassThrough } from 'node:stream';
import type { DeadLetter } from '../../activities/speed/dead-letter';
import { DaybreakError } from '../../domain/errors';
import { fail } from '../../scripts/cli/fail';
import { main } from '../../scripts/cli/main';
import { readableLetter, letterTable } from '../../scripts/output/describe/describe-letters';
import { describeActivities } from '../../scripts/output/describe/describe-activities';
import { describeVersions } from '../../scripts/output/describe/describe-versions';
import { jsonOf, print, printJson, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { watching } from '../../scripts/output/watching';
import { createProgress } from '../../scripts/stack/progress';
import { hostileText, STEERING } from './terminal-texts';

const RUNS = { numRuns: 1_000 };
/** Our own sequences: table borders and bold heads, red codes, and the moves of a redrawn line. */
const OWN = /\u001b\[(?:1|22|2|31|32|36|39|90)m|^\r\u001b\[K/g;

let written: string[];
beforeEach(() => {
  written = [];
  const write = (text: string | Uint8Array): boolean => {
    written.push(String(text));
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(write);
  jest.spyOn(process.stderr, 'write').mockImplementation(write);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

/** The text that a terminal gets. */
function shown(show: () => void): string {
  written = [];
  show();
  return written.join('');
}

/**
 * Expects only lines of ours. Each begins as it does for a harmless value, or is indented as a value's further lines
 * are.
 */
function expectHarmless(text: string, beginnings: RegExp): void {
  expect(text.replaceAll('\n', '')).not.toMatch(STEERING);
  for (const line of text.split('\n').slice(0, -1)) expect(line).toMatch(beginnings);
}

describe.each([
  ['print', print],
  ['progress', progress],
])('%s', (_, sink) => {
  it('lets no value steer the terminal, or begin a line', () => {
    fc.assert(
      fc.property(hostileText, (value) => {
        expectHarmless(
          shown(() => {
            sink(`value ${value}`);
          }),
          /^(?:value | {4})/,
        );
      }),
      RUNS,
    );
  });
});

it('keeps every cell of a table in its line', () => {
  fc.assert(
    fc.property(hostileText, hostileText, (head, cell) => {
      const text = String(
        table([
          ['name', head],
          ['row', cell],
        ]),
      );
      expectHarmless(`${text}\n`, /^[┌├└│]/u);
      expect(text.split('\n')).toHaveLength(5);
    }),
    RUNS,
  );
});

it('shows of an error its own lines alone: code, cause and remedy', () => {
  fc.assert(
    fc.property(hostileText, hostileText, hostileText, (what, remedy, cause) => {
      const error = new DaybreakError('NO_INPUT', { what, remedy, cause: new Error(cause) });
      const text = shown(() => {
        fail(error);
      });
      expectHarmless(text, /^(?:NO_INPUT | {2}cause: | {2}→ | {4})/);
      expect(text.match(/^ {2}→ /gm)).toHaveLength(1);
    }),
    RUNS,
  );
});

it('shows of a defect its stack, and nothing that steers', () => {
  fc.assert(
    fc.property(hostileText, (message) => {
      expectHarmless(
        shown(() => {
          fail(new TypeError(message));
        }),
        /^(?:DEFECT | {4})/,
      );
    }),
    RUNS,
  );
});

it('prints JSON that means the same and steers nothing, in names and in values', () => {
  fc.assert(
    fc.property(hostileText, hostileText, (name, value) => {
      const given = { [name]: value, list: [value] };
      const text = shown(() => {
        printJson(given);
      });
      expect(text.replaceAll('\n', '')).not.toMatch(STEERING);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(given)));
      expect(JSON.parse(String(jsonOf(given)))).toEqual(JSON.parse(text));
    }),
    RUNS,
  );
});

it('shows dead letters, activities and kept versions as lines of ours', () => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const bytes = Buffer.from(value);
      const letter: DeadLetter = {
        ...{ partition: 0, offset: 1, origin: { topic: value, partition: 0, offset: 1 } },
        ...{ timestamp: value, sentAt: 0, code: 'BAD_RECORD', reason: value },
        ...{ key: bytes, value: bytes, headers: [{ name: value, value: bytes }] },
      };
      const activity = { name: value, attempt: 2, details: value, lastFailure: value };
      const folder = { code: 'BAD_PIPELINE' as const, what: value, remedy: value };
      expectHarmless(
        shown(() => {
          letterTable([letter]).forEach((one) => {
            print(one);
          });
          progress(`doing: ${describeActivities([activity])}`);
          describeVersions('events', folder, []).forEach((one) => {
            print(one);
          });
        }),
        /^(?:[┌├└│]|doing: |! |→ | {4})/u,
      );
      const json = shown(() => {
        printJson(readableLetter(letter));
      });
      expect(json.replaceAll('\n', '')).not.toMatch(STEERING);
    }),
    RUNS,
  );
});

it('watches without a value that moves the cursor', async () => {
  await fc.assert(
    fc.asyncProperty(hostileText, async (value) => {
      const screen = new PassThrough({ encoding: 'utf8' });
      await watching(() => Promise.resolve([`value ${value}`]), { again: false, screen });
      expectHarmless(String(screen.read()), /^(?:value | {4})/);
    }),
    RUNS,
  );
});

it.each([
  ['off a terminal', false],
  ['on a terminal', true],
])('tells the steps of a start %s without a value that steers', (_, isTTY) => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 10_000, rows: 50 });
      const steps = createProgress(stream as unknown as NodeJS.WriteStream);
      const step = steps.step(value);
      step.update(value, 1, 2);
      step.fail(value);
      steps.stop();
      const text = String(stream.read());
      // The sequences of cli-progress: cursor, line and wrapping.
      const values = text.replace(OWN, '').replaceAll(/\u001b\[(?:\?25[lh]|\?7[lh]|\d*[A-GK]|0?J)|\r?\n/g, '');
      expect(values.replaceAll('\r', '')).not.toMatch(STEERING);
    }),
    { numRuns: 300 },
  );
});

it('says what is wrong with a command line without obeying it', async () => {
  await fc.assert(
    fc.asyncProperty(hostileText, async (word) => {
      written = [];
      await main(['node', 'daybreak', `x${word}`]);
      await main(['node', 'daybreak', 'report', `--x${word}`]);
      await main(['node', 'daybreak', 'batch', 'verify', '--date', `x${word}`]);
      expect(written.join('').replaceAll('\n', '')).not.toMatch(STEERING);
    }),
    { numRuns: 100 },
  );
});

it('still colours its own words on a terminal', async () => {
  const { isTTY } = process.stdout;
  process.env['FORCE_COLOR'] = '1'; // read when the library is loaded; a machine without a terminal has no colour
  process.stdout.isTTY = true;
  let text = '';
  await jest.isolateModulesAsync(async () => {
    const fresh = await import('../../scripts/output/table');
    text = String(fresh.table([['name'], ['\u001b[31m']]));
  });
  process.stdout.isTTY = isTTY;
  delete process.env['FORCE_COLOR'];
  expect(text).toContain('\u001b[1m');
  expect(text).toContain('\\u001b[31m');
});
