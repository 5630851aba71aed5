import { element } from './element';

export interface TableLine {
  readonly cells: readonly string[];
  /** A class of the line, such as 'unequal'. */
  readonly marked?: string | undefined;
}

/**
 * A table that is never cut: where its columns do not fit beside each other, each line becomes a list of titles and
 * values, without those that are 0.
 */
export function dataTable(
  titles: readonly string[],
  lines: readonly TableLine[],
  { sums, kind }: { readonly sums?: readonly string[]; readonly kind?: string } = {},
): HTMLElement {
  const lineOf = ({ cells, marked }: TableLine): HTMLElement =>
    element('tr', { class: marked }, ...cells.map((text, index) => cellOf(titles[index], text)));
  const table = element(
    'table',
    { class: kind },
    element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', {}, title)))),
    element('tbody', {}, ...lines.map(lineOf)),
    sums && element('tfoot', {}, lineOf({ cells: sums })),
  );
  const frame = element('div', { class: 'frame' }, table);
  fitting.observe(frame);
  return frame;
}

function cellOf(title: string | undefined, text: string): HTMLElement {
  return element('td', { 'data-title': title, class: text === '0' || text === '' ? 'nothing' : undefined }, text);
}

/** The widths for which tables were fitted last. A fitted table may be less high, which is no reason to fit it again. */
const widths = new WeakMap<Element, number>();

const fitting = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const { clientWidth, firstElementChild: table } = target;
    if (table === null || widths.get(target) === clientWidth) continue;
    widths.set(target, clientWidth);
    table.classList.remove('stacked');
    table.classList.toggle('stacked', target.scrollWidth > clientWidth);
  }
});
