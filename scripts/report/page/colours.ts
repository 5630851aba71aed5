import { element } from './element';

/** A line that explains the colours. */
export function colours(entries: readonly (readonly [colour: string, label: string])[]): HTMLElement {
  const explained = entries.map(([colour, label]) => {
    const mark = element('i');
    mark.style.background = colour;
    return element('span', {}, mark, label);
  });
  return element('div', { class: 'legend' }, ...explained);
}
