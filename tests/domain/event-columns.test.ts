import { columnOf, eventColumn, eventColumnsOf } from '../../domain/event-columns';

it.each([
  ['BIGINT'],
  ['JSON[]'],
  ['DECIMAL(38,0)'],
  ['DECIMAL(2,2)[]'],
  [{ type: 'VARCHAR', path: '$.user.id', lenient: true }],
])('takes %j', (setting) => {
  expect(eventColumn.parse(setting)).toEqual(
    typeof setting === 'string' ? setting : { lenient: false, ...(setting as object) },
  );
});

const TYPES = 'VARCHAR, BIGINT, DOUBLE, BOOLEAN, JSON, DECIMAL(digits,scale)';
it.each<[unknown, string, readonly string[]]>([
  ['INTEGER', TYPES, []],
  ['DECIMAL(39,2)', TYPES, []],
  ['DECIMAL(4,5)', TYPES, []],
  ['DECIMAL(04,2)', TYPES, []],
  ['BIGINT[][]', TYPES, []],
  [5, 'or type, path and lenient', []],
  [{ path: '$.a' }, `type: ${TYPES}`, []],
  [{ type: 'TEXT' }, `type: ${TYPES}`, []],
  [{ type: 'BIGINT', paht: '$.a' }, 'paht', []],
  [{ type: 'BIGINT', path: 'a' }, 'a path such as $.user.id', ['path']],
  [{ type: 'JSON[]', lenient: true }, 'JSON takes every value', ['lenient']],
])('refuses %j and says what is accepted', (setting, message, path) => {
  const issues = eventColumn.safeParse(setting).error?.issues;
  expect(issues).toHaveLength(1);
  expect(issues?.[0]).toMatchObject({ path, message: expect.stringContaining(message) as string });
});

it('has columns with where they are and how reasons name them', () => {
  const columns = { 'user.name': 'VARCHAR', user: { type: 'BIGINT', path: '$.user.id', lenient: true } } as const;
  expect(eventColumnsOf({ columns })).toEqual([
    { name: 'user.name', type: 'VARCHAR', steps: ['user.name'], label: 'user.name', lenient: false },
    { name: 'user', type: 'BIGINT', steps: ['user', 'id'], label: 'user ($.user.id)', lenient: true },
  ]);
  expect(columnOf(columns, 'constructor')).toBeUndefined();
});
