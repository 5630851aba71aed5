import { sparkScript, sparkSpelling, TRANSFORM_LINE, withPosition } from '../../../engines/spark/script';

it.each([
  ['SELECT e.id FROM events e', 'SELECT daybreak_position, e.id FROM events e'],
  ['select all id from events', 'select all daybreak_position, id from events'],
  [
    '-- select a\n/* select\n b */\n  Select id FROM events',
    '-- select a\n/* select\n b */\n  Select daybreak_position, id FROM events',
  ],
])('adds the position to %j', (transform, expected) => {
  expect(withPosition(transform, 'transform.sql')).toBe(expected);
});

it.each(['FROM events SELECT id', '(SELECT id FROM events)', 'selected FROM events', '-- SELECT id FROM events'])(
  'refuses %j',
  (transform) => {
    expect(() => withPosition(transform, 'p/transform.sql')).toThrow(
      /^BAD_TRANSFORM: p\/transform\.sql does not begin with SELECT/,
    );
  },
);

it.each([
  ["'it''s' || '' || ''''", "'it\\'s' || '' || '\\''"],
  ["regexp_matches(x, '\\d;')", "regexp_matches(x, '\\\\d;')"],
  ['"it\'s" || "a b"', '"it\'s" || "a b"'],
  ["'a\n-- b\r\n' || c", "'a\\n-- b\\r\\n'\n\n || c"],
  ["a -- it's\n, b /* ' \n ; */ c", 'a  \n, b  \n c'],
  [
    'CAST(a AS varchar), b::VARCHAR(5), "varchar", \'VARCHAR\'',
    'CAST(a AS STRING), b::VARCHAR(5), "varchar", \'VARCHAR\'',
  ],
])('spells %j for Spark', (sql, expected) => {
  expect(sparkSpelling(sql)).toBe(expected);
});

it('has the transform stand where the places in messages are counted from', () => {
  const script = sparkScript({
    views: new Map([['events', "/data/it's/events"]]),
    transform: 'SELECT daybreak_position, id FROM events',
    columns: [1],
    width: 2,
    rows: '/data/rows',
  });
  const [views, ...statement] = script.split(/(?<=;\n)/);
  expect(views).toBe("CREATE TEMPORARY VIEW `events` USING parquet OPTIONS (path 'file:///data/it\\'s/events');\n");
  expect(statement.join('').split('\n')[TRANSFORM_LINE - 1]).toBe('SELECT daybreak_position, id FROM events');
});
