import { firstSentences } from '../../domain/bounded-text';

it.each([
  ['One. Two.', 9, 'One. Two.'],
  ['One. Two. Three.', 15, 'One. Two. …'],
  ['One. Two. Three.', 11, 'One. Two. …'],
  ['One. Two. Three.', 10, 'One. …'],
  ['Read a.json now. Then go on.', 20, 'Read a.json now. …'],
  ['Wait. Set it to e.g. 3 or more.', 25, 'Wait. …'],
  ['a first sentence without an end', 10, 'a first  …'],
  ['1234567😀 and more', 10, '1234567 …'],
])('of %j in %i characters there is %j', (text, most, expected) => {
  const shown = firstSentences(text, most);
  expect(shown).toBe(expected);
  expect(shown.length).toBeLessThanOrEqual(most);
});
