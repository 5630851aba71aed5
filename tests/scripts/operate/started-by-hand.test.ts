import { hostname } from 'node:os';
import { startedByHand } from '../../../scripts/operate/started-by-hand';

it('names who started a run, where, and the options that were given', () => {
  const options = { force: true, accept: ['EMPTY_DAY'], restore: undefined };
  const { trigger, startedBy, options: told } = startedByHand('by hand', options);
  expect(trigger).toBe('by hand');
  expect(startedBy).toMatch(/^.+@.+$/);
  expect(startedBy.endsWith(`@${hostname()}`)).toBe(true);
  expect(told).toEqual({ force: true, accept: ['EMPTY_DAY'] });
});

it('leaves out what was not given', () => {
  expect(startedByHand('by hand', { force: false, accept: [] }).options).toEqual({});
});
