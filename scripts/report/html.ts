import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReportData } from './report-data';

/** The report as one HTML page that needs no network: data, style, script and the plotting library are inside. */
export async function reportHtml(data: ReportData): Promise<string> {
  const [css, script, d3, plot] = await Promise.all([
    readFile(join(__dirname, 'page.css'), 'utf8'),
    readFile(join(__dirname, 'page.mjs'), 'utf8'),
    readFile(join(dirname(require.resolve('d3')), '../dist/d3.min.js'), 'utf8'),
    readFile(join(dirname(require.resolve('@observablehq/plot')), '../dist/plot.umd.min.js'), 'utf8'),
  ]);
  const title = `Daybreak: ${data.pipeline}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<main id="report"></main>
<noscript>This report draws itself with JavaScript.</noscript>
<script>${inScript(d3)}</script>
<script>${inScript(plot)}</script>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script type="module">${inScript(script)}</script>
</body>
</html>
`;
}

/** What is inside a script element must not end it. */
function inScript(source: string): string {
  return source.replaceAll('</script', '<\\/script');
}
