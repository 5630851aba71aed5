import { hasColours, isScreen, stylesOf } from '../../../scripts/output/terminal';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

it.each<[string, boolean, Record<string, string>, boolean]>([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['a terminal with both', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['a pipe with FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
  ['a terminal with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
])('%s has colours where they are wanted', (_, isTTY, variables, expected) => {
  for (const name of ['NO_COLOR', 'FORCE_COLOR']) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, { TERM: 'xterm' }, variables);
  expect(hasColours({ isTTY })).toBe(expected);
  expect(stylesOf({ isTTY }).red('x')).toBe(expected ? '\u001b[31mx\u001b[39m' : 'x');
});

it.each<[boolean, string, boolean]>([
  [true, 'xterm', true],
  [true, 'dumb', false],
  [false, 'xterm', false],
])('writes over lines only on a terminal that can: %s %s', (isTTY, TERM, expected) => {
  process.env['TERM'] = TERM;
  expect(isScreen({ isTTY })).toBe(expected);
});
