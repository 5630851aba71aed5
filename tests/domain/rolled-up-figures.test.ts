import {
  agreed,
  firstRolledUpDifference,
  sketchError,
  sumError,
  type RolledUpFigures,
} from '../../domain/rolled-up-figures';

const figures = (
  values: Partial<Record<'events' | 'names' | 'sum' | 'users', string | null>> = {},
): RolledUpFigures => {
  const { events = '10', names = '40', sum = '12.5', users = '1000' } = values;
  return {
    rows: Number(events),
    columns: [{ name: 'name', values: 9, sum: names ?? '0' }],
    metrics: [
      { name: 'sum', value: sum, error: 1e-9 },
      { name: 'users', value: users, error: 80 },
    ],
  };
};

it.each([
  [{ events: '9' }, 'Druid serves 9 events, the batch wrote 10'],
  [{ names: '41' }, "the sum over name is 41 in Druid, and 40 in the batch's rows"],
  [{ sum: '12.51' }, "the metric sum is 12.51 in Druid, and 12.5 over the batch's rows, which may be 1.00e-9 off"],
  [{ sum: null }, "the metric sum is nothing in Druid, and 12.5 over the batch's rows, which may be 1.00e-9 off"],
  [{ users: '1081' }, "the metric users is 1081 in Druid, and 1000 over the batch's rows, which may be 80.0 off"],
])('says what differs first: %p', (druid, difference) => {
  expect(firstRolledUpDifference(figures(druid), figures())).toBe(difference);
  expect(agreed(figures(druid), figures())).not.toEqual(figures());
});

it.each([[{}], [{ sum: '12.5000000001' }], [{ users: '920' }], [{ users: '1080' }]])(
  'takes figures within their error for equal: %p',
  (druid) => {
    expect(firstRolledUpDifference(figures(druid), figures())).toBeUndefined();
    expect(agreed(figures(druid), figures())).toEqual(figures());
  },
);

it('compares no sum of doubles that can overflow', () => {
  const metrics = [{ name: 'sum', value: 'NaN', error: sumError(2, Infinity) }];
  const batch = { ...figures(), metrics };
  for (const value of ['Infinity', '12.5']) {
    expect(firstRolledUpDifference({ ...batch, metrics: [{ name: 'sum', value, error: 0 }] }, batch)).toBeUndefined();
  }
  expect(firstRolledUpDifference({ ...batch, metrics: [{ name: 'sum', value: null, error: 0 }] }, batch)).toBeDefined();
});

it('finds a value where the batch has none', () => {
  expect(firstRolledUpDifference(figures(), figures({ sum: null }))).toContain('nothing over');
});

it('bounds what the order of doubles does to their sum', () => {
  const values = Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? 1 : -1) * (index + 0.1) ** 3);
  const sum = (all: readonly number[]): number => all.reduce((total, value) => total + value, 0);
  const magnitude = sum(values.map(Math.abs));
  const orders = [values, values.toReversed(), values.toSorted((one, other) => one - other)].map(sum);
  const apart = Math.max(...orders) - Math.min(...orders);
  expect(apart).toBeGreaterThan(0);
  expect(apart).toBeLessThanOrEqual(sumError(values.length, magnitude));
  // A cent in an hour of ten thousand prices is far more.
  expect(sumError(10_000, 10_000 * 100)).toBeLessThan(0.01);
});

it.each([
  ['hll', 200, 1],
  ['hll', 100_000, 8_125],
  ['theta', 16_383, 0],
  ['theta', 100_000, 3_906],
] as const)('knows how far a sketch of the type %s may be from %i distinct values', (type, distinct, error) => {
  const sketch = { name: 's', column: 'c', ...(type === 'hll' ? { type, lgK: 12 } : { type, size: 16_384 }) };
  expect(Math.round(sketchError(sketch, distinct))).toBe(error);
});
