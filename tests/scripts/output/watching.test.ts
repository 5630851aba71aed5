import { PassThrough } from 'node:stream';
import { watching } from '../../../scripts/output/watching';

const CLEARED = '\u001b[1;1H\u001b[0J';

/** What a screen shows after two polls. The second is the last, because the third throws. */
async function shown(
  isTTY: boolean,
  again: boolean,
  { rows = 24, columns = 80, lines = ['lag 0'] }: { rows?: number; columns?: number; lines?: string[] } = {},
): Promise<string> {
  const screen = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, rows, columns });
  let looks = 0;
  const poll = (): Promise<string[]> =>
    (looks += 1) > 2 ? Promise.reject(new Error('gone')) : Promise.resolve([`look ${looks}`, ...lines]);
  const ended = watching(poll, { again, everyMilliseconds: 1, screen });
  if (again) await expect(ended).rejects.toThrow('gone');
  else await ended;
  return String(screen.read());
}

it('shows a screen in the place of the one before, on a terminal', async () => {
  expect(await shown(true, true)).toBe(`${CLEARED}look 1\nlag 0\n${CLEARED}look 2\nlag 0\n`);
});

it('shows screen after screen where there is no terminal', async () => {
  expect(await shown(false, true)).toBe('look 1\nlag 0\nlook 2\nlag 0\n');
});

it('shows one where nobody watches', async () => {
  expect(await shown(true, false)).toBe('look 1\nlag 0\n');
});

it('keeps to the rows of a terminal, and says how many lines do not fit', async () => {
  expect(await shown(true, true, { rows: 3 })).toBe(`${CLEARED}look 1\nlag 0\n${CLEARED}look 2\nlag 0\n`);
  const cut = '… 2 more lines: make the window higher\n';
  expect(await shown(true, true, { rows: 2 })).toBe(`${CLEARED}${cut}${CLEARED}${cut}`);
  expect(await shown(false, true, { rows: 2 })).toBe('look 1\nlag 0\nlook 2\nlag 0\n');
});

it('counts the rows that long lines and wide characters take', async () => {
  const lines = ['지연 시간 지연 시간', 'abcdefghijkl', 'end'];
  // Rows: look, two of the first line, two of the second, end, the cursor's.
  expect(await shown(true, true, { lines, columns: 10, rows: 7 })).toContain('end\n');
  const cut = await shown(true, true, { lines, columns: 10, rows: 6 });
  expect(cut).not.toContain('end');
  expect(cut.split(CLEARED)[1]?.split('\n')).toEqual([
    'look 1',
    '지연 시간 ',
    '지연 시간',
    'abcdefghij',
    '… 2 more l',
    '',
  ]);
});
