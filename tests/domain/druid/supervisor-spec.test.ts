import { laterSeal } from '../../../domain/druid/supervisor-spec';

it('moves a seal forward only', () => {
  const [earlier, later] = ['2026-11-21T15:00:00.000Z', '2026-11-22T15:00:00.000Z'];
  expect(laterSeal(earlier, later)).toBe(later);
  expect(laterSeal(later, earlier)).toBe(later);
  expect(laterSeal(undefined, earlier)).toBe(earlier);
  expect(laterSeal(earlier, undefined)).toBe(earlier);
  expect(laterSeal(undefined, undefined)).toBeUndefined();
});
