import { parseProperties, sharedProperties } from '../../../../scripts/stack/servers/properties';

test('reads key=value, and nothing else but comments and empty lines', () => {
  expect(parseProperties('# why\n\na.b=1\nc={"d":"e=f"}\ng=\n', 'x.properties')).toEqual({
    'a.b': '1',
    c: '{"d":"e=f"}',
    g: '',
  });
});

test.each([
  ['a=1\na=2', 'x.properties:2 sets a again'],
  ['a: 1', 'x.properties:1 is not key=value: a: 1'],
  ['a=1\\', 'x.properties:1 is not key=value'],
])('refuses %j, with the place', (text, message) => {
  expect(() => parseProperties(text, 'x.properties')).toThrow(message);
});

test.each(['common', 'coordinator', 'broker', 'historical', 'indexer'])(
  'no setting of Druid is in %s and in another file',
  (name) => {
    const files = ['common', 'coordinator', 'broker', 'historical', 'indexer'].filter((other) => other !== name);
    const own = Object.keys(sharedProperties(`druid/${name}.properties`)).filter((key) => key !== 'druid.service');
    const others = files.flatMap((file) => Object.keys(sharedProperties(`druid/${file}.properties`)));
    expect(own.filter((key) => others.includes(key))).toEqual([]);
  },
);
