import { ERROR_CODES } from '../../../domain/errors';
import { remedyOf } from '../../../scripts/operate/remedies';

it.each(Object.keys(ERROR_CODES))('a day that ended with %s has a remedy of its own', (code) => {
  const remedy = remedyOf(`failed:${code}`);
  expect(remedy).toMatch(/^[A-Z].*\.$/);
  expect(remedyOf(`refused:${code}`)).toBe(remedy);
});

it('sends to the Temporal UI for what has no code of ours', () => {
  expect(remedyOf('failed:TIMED_OUT')).toContain('Temporal UI');
  expect(remedyOf('failed:TERMINATED')).toContain('run it again');
  expect(remedyOf('cancelled')).toContain('run it');
});

it.each(['replaced', 'restored', 'running'])('a day that is %s needs none', (outcome) => {
  expect(remedyOf(outcome)).toBeUndefined();
});
