import { visible } from './visible';

/** Text that the Temporal UI reads as Markdown. Make it with `markdown` and `markdownTable`. */
export class Markdown {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** @param pieces our own text, between the given values. */
  static of(pieces: readonly string[], values: readonly Value[]): Markdown {
    return new Markdown(pieces.map((piece, index) => piece + shown(values[index] ?? '')).join(''));
  }

  static joined(parts: readonly Markdown[], separator: string): Markdown {
    return new Markdown(parts.map(({ text }) => text).join(separator));
  }
}

type Value = Markdown | string | number;

/**
 * A template whose values are shown as they are: no character of a value is read as Markdown, unless the value is
 * Markdown.
 */
export function markdown(pieces: TemplateStringsArray, ...values: readonly Value[]): Markdown {
  return Markdown.of(pieces, values);
}

/** @param rule the line below the header, for example '| --- | ---: |'. */
export function markdownTable(head: readonly string[], rule: string, body: readonly (readonly Value[])[]): Markdown {
  const line = (cells: readonly Value[]): Markdown =>
    Markdown.of(['| ', ...cells.slice(1).map(() => ' | '), ' |'], cells);
  return Markdown.joined([line(head), Markdown.of([rule], []), ...body.map(line)], '\n');
}

function shown(value: Value): string {
  return value instanceof Markdown ? value.text : verbatim(String(value));
}

/** Words and figures that Markdown, with its extensions for links and tables, shows unchanged in any place. */
const PLAIN =
  /^(?!\d+[.)])[a-z\d](?:[a-z\d ,;:()'’“”—–…→=+-]|(?<=[a-z\d])_(?=[a-z\d])|(?<=\d)\.(?=\d)|\.(?= |$))*(?<! )$/i;

/** Other texts become code, which has no markup and no links inside. A pipe would end a table cell even there. */
function verbatim(text: string): string {
  if (text === '' || PLAIN.test(text)) return text;
  const inside = visible(text).replaceAll('|', '\\u007c');
  const longest = Math.max(0, ...(inside.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  // Markdown removes one blank from either end, so that a text can begin with a backtick.
  return `${fence} ${inside} ${fence}`;
}
