import type { Page } from 'playwright-core';

/**
 * Text that a reader of the page cannot read: text outside of the window, text that its element cuts, and texts whose
 * boxes overlap.
 */
export function troublesOfLayout(tab: Page): Promise<string[]> {
  return tab.evaluate(`(() => {
    const found = [];
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent.trim();
      const parent = node.parentElement;
      if (text === '' || parent.closest('script, style, title, noscript') || !parent.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 0 && box.height > 0) texts.push({ text, parent, box });
    }
    const width = document.documentElement.clientWidth;
    for (const { text, parent, box } of texts) {
      if (box.left < -1 || box.right > width + 1) found.push('outside: ' + text);
      for (let at = parent; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX === 'visible' || at.tagName === 'HTML') continue;
        const frame = at.getBoundingClientRect();
        if (box.right > frame.right + 1 || box.left < frame.left - 1) found.push('cut: ' + text);
      }
    }
    // Lines of one height are a little higher than the letters.
    const slack = 3;
    for (const [index, one] of texts.entries()) {
      for (const other of texts.slice(index + 1)) {
        if (one.parent === other.parent) continue;
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (across > 1 && down > slack) found.push('overlap: ' + one.text + ' / ' + other.text);
      }
    }
    return found;
  })()`);
}
