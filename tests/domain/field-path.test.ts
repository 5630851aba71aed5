import { parsePath, pathOf } from '../../domain/field-path';

it.each([
  ['$.user.id', ['user', 'id']],
  ['$.items[0].sku', ['items', 0, 'sku']],
  ['$.@timestamp', ['@timestamp']],
  ['$.user-id', ['user-id']],
  ['$.서울', ['서울']],
  ['$.0', ['0']],
  ['$["user.name"]', ['user.name']],
  ["$['user.name'][10]['']", ['user.name', 10, '']],
  ['$."user.name".first', ['user.name', 'first']],
  ['$["a\\"b\\\\c\\u0041"]', ['a"b\\cA']],
  ['$[0][1]', [0, 1]],
])('reads %s', (path, steps) => {
  expect(parsePath(path)).toEqual(steps);
  expect(parsePath(pathOf(steps))).toEqual(steps);
});

it.each([
  ...['', '$', 'user.id', '$.', '$..id', '$.user.', '$.*', '$[*]', '$[-1]', '$[#-1]', '$[01]', '$[1:2]', '$[?(@.a)]'],
  ...[
    '$.user id',
    '$user',
    '$["a]',
    '$["a\\x"]',
    "$['a\\'b']",
    '$.["a"]',
    '$[9999999999]',
    '$["a\\u0000b"]',
    '$["\\ud800"]',
  ],
  `$${'.a'.repeat(65)}`,
])('refuses %j', (path) => {
  expect(parsePath(path)).toBeUndefined();
});
