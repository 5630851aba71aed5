import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { visibleLines } from '../../domain/visible';
import { pageScript } from './page-script';
import type { ReportPage } from './report-data';

/**
 * The report as one HTML page that needs no network: data, style, script and the plotting library are inside. Its
 * policy lets the browser run only these, and load nothing.
 */
export async function reportHtml(data: ReportPage): Promise<string> {
  const [style, script] = await Promise.all([readFile(join(__dirname, 'page/style.css'), 'utf8'), pageScript()]);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
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
<title>${inMarkup(titleOf(data))}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main id="report"></main>
<noscript>This report draws itself with JavaScript.</noscript>
<script type="application/json" id="data">${dataInside(data)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

function titleOf({ reports, notShown }: ReportPage): string {
  const [only, ...others] = [...reports, ...notShown];
  return only !== undefined && others.length === 0 ? `Daybreak: ${only.pipeline}` : 'Daybreak: all pipelines';
}

/** Values are shown as on a terminal: nothing in them reorders the text around them. */
function dataInside(data: ReportPage): string {
  const shown = (_key: string, value: unknown): unknown => (typeof value === 'string' ? visibleLines(value) : value);
  return JSON.stringify(data, shown).replaceAll('<', '\\u003c');
}

function inMarkup(text: string): string {
  return visibleLines(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** The hash by which a policy names an element's text. */
function hashOf(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}
