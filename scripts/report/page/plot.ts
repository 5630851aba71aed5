import { plot, type PlotOptions } from '@observablehq/plot';

/** Texts of the style elements whose rules the document already has. */
const adoptedRules = new Set<string>();

/**
 * Draws a plot in the page's font and colours. A plot has its own style elements, which the page's policy refuses. So
 * their rules are added to the document instead.
 */
export function drawPlot(options: PlotOptions): Element {
  const style = { background: 'transparent', color: 'var(--text)', fontSize: '11px' };
  const drawn = plot({ marginLeft: 50, style, ...options });
  for (const own of drawn.querySelectorAll('style')) {
    adopt(own.textContent);
    own.remove();
  }
  return drawn;
}

function adopt(rules: string): void {
  if (adoptedRules.has(rules)) return;
  adoptedRules.add(rules);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets.push(sheet);
}
