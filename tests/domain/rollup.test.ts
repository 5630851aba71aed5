import {
  columnFault,
  countMetricOf,
  metricsOf,
  rollupFaults,
  rollupSetting,
  type QueryGranularity,
  type Rollup,
} from '../../domain/rollup';

const rollup = (settings: object): Rollup => rollupSetting.parse({ dimensions: ['name'], ...settings });
const faults = (settings: object, timeZone = 'Asia/Seoul') =>
  rollupFaults(rollup(settings), timeZone).map(({ path }) => path.join('.'));

describe('the count of the events', () => {
  it('is always among the metrics', () => {
    const sum = { name: 'uids', type: 'longSum', column: 'uid' };
    expect(metricsOf(rollup({ metrics: [sum] }))).toEqual([{ name: 'count', type: 'count' }, sum]);
    expect(countMetricOf(rollup({}))).toBe('count');
  });

  it('has the name that the pipeline gives it', () => {
    const settings = rollup({ metrics: [{ name: 'events', type: 'count' }] });
    expect(metricsOf(settings)).toEqual([{ name: 'events', type: 'count' }]);
    expect(countMetricOf(settings)).toBe('events');
  });
});

it.each<[string, QueryGranularity, string]>([
  ['hours that are changed by half an hour', 'HOUR', 'Australia/Lord_Howe'],
  ['half hours of quarters', 'THIRTY_MINUTE', 'Asia/Kathmandu'],
  ['tens of minutes of quarters', 'TEN_MINUTE', 'Asia/Kathmandu'],
])('refuses %s', (_, queryGranularity, timeZone) => {
  expect(faults({ queryGranularity }, timeZone)).toEqual(['queryGranularity']);
});

it.each<[QueryGranularity, string]>([
  ['HOUR', 'Asia/Seoul'],
  ['HOUR', 'America/New_York'],
  ['HOUR', 'Asia/Kolkata'],
  ['HOUR', 'Asia/Kathmandu'],
  ['FIFTEEN_MINUTE', 'Asia/Kathmandu'],
  ['THIRTY_MINUTE', 'Asia/Kolkata'],
  ['THIRTY_MINUTE', 'Australia/Lord_Howe'],
  ['NONE', 'Australia/Lord_Howe'],
])('takes %s in %s', (queryGranularity, timeZone) => {
  expect(faults({ queryGranularity }, timeZone)).toEqual([]);
});

it('names a granularity that fits instead', () => {
  const [fault] = rollupFaults(rollup({ queryGranularity: 'HOUR' }), 'Australia/Lord_Howe');
  expect(fault?.message).toContain('FIFTEEN_MINUTE, THIRTY_MINUTE:');
});

it.each<[string, object, string[]]>([
  ['twice', { dimensions: ['name', 'Name'] }, ['dimensions.1']],
  ['of a dimension and a metric', { metrics: [{ name: 'NAME', type: 'longSum', column: 'a' }] }, ['metrics.0.name']],
  ['of Druid', { dimensions: ['__time'] }, ['dimensions.0']],
  ['of the count that is always there', { dimensions: ['count'] }, ['metrics']],
  [
    'of two metrics',
    {
      metrics: [
        { name: 'n', type: 'longSum', column: 'a' },
        { name: 'n', type: 'longMax', column: 'a' },
      ],
    },
    ['metrics.1.name'],
  ],
])('refuses a name %s', (_, settings, expected) => {
  expect(faults(settings)).toEqual(expected);
});

it('refuses a second count', () => {
  const metrics = [
    { name: 'a', type: 'count' },
    { name: 'b', type: 'count' },
  ];
  expect(faults({ metrics })).toEqual(['metrics.1.type']);
});

describe('a column', () => {
  const columns = [
    { name: 'time', type: 'VARCHAR' },
    { name: 'name', type: 'VARCHAR' },
    { name: 'price', type: 'DOUBLE' },
    { name: 'id', type: 'BIGINT' },
    { name: 'tags', type: 'VARCHAR[]' },
  ] as const;
  const fault = (settings: object) => columnFault(rollup(settings), columns, 'time');

  it.each<[string, object, string]>([
    ['that the output lacks', { dimensions: ['nome'] }, 'dimensions.0'],
    ['that is the time', { dimensions: ['time'] }, 'dimensions.0'],
    ['of lists as a dimension', { dimensions: ['tags'] }, 'dimensions.0'],
    [
      'of DOUBLE in a sum of integers',
      { metrics: [{ name: 's', type: 'longSum', column: 'price' }] },
      'metrics.0.column',
    ],
    ['of text in a sum', { metrics: [{ name: 's', type: 'doubleSum', column: 'name' }] }, 'metrics.0.column'],
    ['of DOUBLE in a sketch', { metrics: [{ name: 's', type: 'hll', column: 'price' }] }, 'metrics.0.column'],
  ])('%s is refused', (_, settings, setting) => {
    expect(fault(settings)?.setting).toBe(setting);
  });

  it('that fits is taken', () => {
    const metrics = [
      { name: 'a', type: 'longMax', column: 'id' },
      { name: 'b', type: 'doubleSum', column: 'id' },
      { name: 'c', type: 'doubleMin', column: 'price' },
      { name: 'd', type: 'hll', column: 'name' },
      { name: 'e', type: 'theta', column: 'id' },
    ];
    expect(fault({ metrics })).toBeUndefined();
  });

  it('is named with those that fit', () => {
    expect(fault({ metrics: [{ name: 's', type: 'longSum', column: 'price' }] })?.accepted).toMatch(/: id$/);
  });
});

it.each([
  { name: 's', type: 'longsum', column: 'id' },
  { name: 's', type: 'longSum' },
  { name: 's', type: 'count', column: 'id' },
  { name: 's', type: 'hll', column: 'id', lgK: 22 },
  { name: 's', type: 'theta', column: 'id', size: 5_000 },
])('takes no metric such as %p', (metric) => {
  expect(rollupSetting.safeParse({ dimensions: ['name'], metrics: [metric] }).success).toBe(false);
});

it('takes no rollup without dimensions, which Druid would take for one by every column', () => {
  expect(rollupSetting.safeParse({ dimensions: [] }).success).toBe(false);
});
