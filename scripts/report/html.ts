import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { visibleLines } from '../../domain/visible';
import type { ReportData } from './report-data';

/**
 * The report as one HTML page that needs no network: data, style, script and the plotting library are inside. Its policy
 * lets the browser run these and nothing else, and load nothing.
 */
export async function reportHtml(data: ReportData): Promise<string> {
  const [css, script, d3, plot] = await Promise.all([
    readFile(join(__dirname, 'page.css'), 'utf8'),
    readFile(join(__dirname, 'page.mjs'), 'utf8'),
    readFile(join(dirname(require.resolve('d3')), '../dist/d3.min.js'), 'utf8'),
    readFile(join(dirname(require.resolve('@observablehq/plot')), '../dist/plot.umd.min.js'), 'utf8'),
  ]);
  const scripts = [d3, plot, script].map(inScript);
  const [d3Inside = '', plotInside = '', scriptInside = ''] = scripts;
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${hashOf(css)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${inMarkup(`Daybreak: ${data.pipeline}`)}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<main id="report"></main>
<noscript>This report draws itself with JavaScript.</noscript>
<script>${d3Inside}</script>
<script>${plotInside}</script>
<script type="application/json" id="data">${dataInside(data)}</script>
<script type="module">${scriptInside}</script>
</body>
</html>
`;
}

/** Values are shown as a terminal shows them: nothing in them reorders what is around. */
function dataInside(data: ReportData): string {
  const shown = (_key: string, value: unknown): unknown => (typeof value === 'string' ? visibleLines(value) : value);
  return JSON.stringify(data, shown).replaceAll('<', '\\u003c');
}

function inMarkup(text: string): string {
  return visibleLines(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** How a policy names an element's text. */
function hashOf(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}

/** What is inside a script element must not end it. */
function inScript(source: string): string {
  return source.replaceAll('</script', '<\\/script');
}
