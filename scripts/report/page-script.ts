import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The script's file beside this one in the published package. A checkout has none. */
export const PACKED_PAGE_SCRIPT = 'page.bundle.js';

const NOTICE = [
  '// Observable Plot, Copyright 2020-2025 Observable, Inc., and D3, Copyright 2010-2026 Mike Bostock, both of the ISC',
  '// licence: https://github.com/observablehq/plot, https://d3js.org',
].join('\n');

/**
 * The script of the report's page: one module with the parts of the plotting library that it needs. It may stand inside
 * a script element, because esbuild writes `</script` with a backslash. The published package has it ready; a checkout
 * makes it of its sources.
 */
export async function pageScript(): Promise<string> {
  const packed = join(__dirname, PACKED_PAGE_SCRIPT);
  return existsSync(packed) ? readFile(packed, 'utf8') : makePageScript();
}

export async function makePageScript(): Promise<string> {
  // Loaded only here, because `report --json` makes no page.
  const { buildSync } = await import('esbuild');
  const { outputFiles } = buildSync({
    ...{ entryPoints: [join(__dirname, 'page/main.ts')], write: false, logLevel: 'warning' },
    ...{ bundle: true, platform: 'browser', format: 'esm', target: 'es2022', minify: true, charset: 'utf8' },
    banner: { js: NOTICE },
  });
  return outputFiles.map(({ text }) => text).join('\n');
}
