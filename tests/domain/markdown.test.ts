import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { markdown, markdownTable } from '../../domain/markdown';
import { describeLayer } from '../../workflows/speed-layer/describe-layer';
import { hostileText, STEERING } from '../security/terminal-texts';

/** A reader with what the Temporal UI has beyond CommonMark: tables, and links made from plain addresses. */
const reader = new MarkdownIt({ html: true, linkify: true });

const MARKUP = [
  '[click](http://evil.example)',
  '![](http://evil.example/pixel)',
  '<img src=x onerror=alert(1)>',
  '<script>',
  '<!--',
  '**bold** __bold__ *i* ~~s~~',
  '`',
  '``` ``',
  '| cell | \\| \\\\|',
  '\n# head\n',
  '\n\n- list\n1. list\n> quote\n---\n===\n',
  'http://evil.example www.evil.example a@evil.example <http://evil.example>',
  '[a]: http://evil.example',
  '&lt;b&gt;&#60;',
  '\\',
  '1. one',
  '0)',
  '__proto__',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...MARKUP), hostileText, fc.string()), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))
  .filter((joined) => joined !== '');

/** The kinds of tokens that a text is read as, in order, without the text and code inside them. */
function structure(source: string): string[] {
  return reader
    .parse(source, {})
    .flatMap((token) => [token.type, ...(token.children ?? []).map(({ type }) => type)])
    .filter((type) => type !== 'text' && type !== 'code_inline' && type !== 'softbreak');
}

it('reads a value as the value, wherever it stands', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const shown = markdown`**${one}** at step ${other} — ${one}\n\n${other}`.text;
      expect(shown.replaceAll('\n', '')).not.toMatch(STEERING);
      expect(structure(shown)).toEqual(structure('**a** at step b — a\n\nb'));
    }),
    { numRuns: 3_000 },
  );
});

it('keeps each value in its cell', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const table = (cells: string[][]) => markdownTable(['day', 'why'], '| --- | --- |', cells).text;
      const shown = table([
        [one, other],
        [other, one],
      ]);
      const plain = table([
        ['a', 'b'],
        ['b', 'a'],
      ]);
      expect(shown.split('\n')).toHaveLength(4);
      expect(structure(shown)).toEqual(structure(plain));
    }),
    { numRuns: 3_000 },
  );
});

it('shows a speed layer whose server, pipeline and partitions say anything', () => {
  fc.assert(
    fc.property(text, (value) => {
      const layer = (said: string) =>
        describeLayer({
          ...{ pipeline: said, state: 'running', shards: 1 },
          supervisor: { healthy: false, state: said, remedy: said, sealedUntil: said },
          partitions: [
            {
              ...{ partition: 0, offset: 1, highWatermark: 1, lag: 0, eventsPerSecond: 0 },
              ...{ events: 0, rows: 0, deadLetters: 0, since: said, version: said, trouble: said, kept: said },
            },
          ],
          failures: [{ part: said, since: said, lastAt: said, tries: 1, message: said }],
        }).text;
      expect(structure(layer(value))).toEqual(structure(layer('a')));
    }),
    { numRuns: 1_000 },
  );
});

it('leaves plain words and codes as they are, and quotes the rest', () => {
  expect(markdown`**${'failed:NO_INPUT'}** at ${'2026-11-21T15:00:00.123Z'}`.text).toBe(
    '**failed:NO_INPUT** at 2026-11-21T15:00:00.123Z',
  );
  expect(markdown`${'see http://a.example | `x`'}`.text).toBe('`` see http://a.example \\u007c `x` ``');
});
