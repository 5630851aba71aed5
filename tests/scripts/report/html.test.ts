import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { parseBusinessDate, shiftDate } from '../../../domain/business-date';
import { ERROR_CODES } from '../../../domain/errors';
import { isGateCode } from '../../../domain/gate';
import { findChromium } from '../../../scripts/dev/chromium';
import { remedyOf } from '../../../scripts/operate/remedies';
import { reportHtml } from '../../../scripts/report/html';
import type { ReportDay } from '../../../scripts/report/report-data';
import { sampleReport } from './sample';

jest.setTimeout(60_000);

const SCREENSHOTS = resolve('.daybreak/screenshots');
const sample = sampleReport();
let folder: string;
let page: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-report-'));
  page = join(folder, 'report.html');
  await writeFile(page, await reportHtml(sample));
  await mkdir(SCREENSHOTS, { recursive: true });
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('no Chromium: install Debian’s package chromium, or set CHROMIUM_PATH; npm test does it as root');
  }
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly tab: Page;
  /** Everything that went wrong in the page or that its policy refused, and all its network requests. */
  readonly troubles: string[];
}

async function open(options: { width: number; colorScheme: 'light' | 'dark' }, file = page): Promise<Opened> {
  const tab = await browser.newPage({
    viewport: { width: options.width, height: 900 },
    colorScheme: options.colorScheme,
  });
  const troubles: string[] = [];
  tab.on('pageerror', (error) => troubles.push(error.message));
  tab.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  tab.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) troubles.push(request.url());
  });
  await tab.goto(pathToFileURL(file).href);
  await tab.waitForSelector('#day svg, #day .reason');
  return { tab, troubles };
}

it.each([
  ['wide and light', 1200, 'light'],
  ['wide and dark', 1200, 'dark'],
  ['on a phone, dark', 390, 'dark'],
] as const)('shows itself %s, without the network and without an error', async (title, width, colorScheme) => {
  const { tab, troubles } = await open({ width, colorScheme });
  await tab.screenshot({ path: join(SCREENSHOTS, `report ${title}.png`), fullPage: true });
  expect(troubles).toEqual([]);
  expect(await tab.locator('.day').count()).toBe(sample.days.length);
  // Nothing is wider than the screen.
  expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  const ground = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
  expect(ground).toBe(colorScheme === 'dark' ? 'rgb(20, 22, 26)' : 'rgb(247, 246, 243)');
  await tab.close();
});

it('opens the latest day that needs somebody, with its reason and its remedy', async () => {
  const { tab } = await open({ width: 1200, colorScheme: 'light' });
  const shown = await tab.locator('#day').innerText();
  expect(shown).toContain('2026-11-14');
  expect(shown).toContain('failed:DRUID_TASK_FAILED');
  expect(shown).toContain('no space left on device');
  expect(shown).toContain('npx daybreak batch run --pipeline events --date 2026-11-14');
  expect(await tab.locator('.attention li').count()).toBe(2);
  await tab.close();
});

it('opens a day to its hours, with their sums, and never reads the data as markup', async () => {
  const { tab, troubles } = await open({ width: 1200, colorScheme: 'light' });
  await tab.click('[data-date="2026-10-30"]');
  const { hours } = sample.days[18]!.reconciled!;
  expect(await tab.locator('#day table:not(.checks) tbody tr').count()).toBe(24);
  const written = hours.reduce((sum, hour) => sum + hour.written, 0);
  expect(await tab.locator('#day tfoot').innerText()).toContain(written.toLocaleString('en-US'));
  expect(await tab.locator('#day svg [aria-label="bar"] rect').count()).toBe(48);
  await tab.screenshot({ path: join(SCREENSHOTS, 'report day.png'), fullPage: true });

  await tab.click('[data-date="2026-11-01"]');
  expect(await tab.locator('#day .reason').innerText()).toContain('<b>not markup</b></script>');
  expect(await tab.locator('#day .reason b').count()).toBe(0);
  expect(troubles).toEqual([]);
  await tab.close();
});

it('shows each check of a day with its count, its bound and its worst hour', async () => {
  const { tab } = await open({ width: 1200, colorScheme: 'light' });
  await tab.click('[data-date="2026-10-30"]');
  const lines = await tab.locator('#day .checks tbody tr').allInnerTexts();
  expect(lines.map((line) => line.split('\t'))).toEqual([
    ['no_uid', '0', '0', '', 'uid IS NULL'],
    ['long_hello', '12', '0.1% = 190', '07: 9', 'length(hello) > 100'],
  ]);
  await tab.close();
});

it('names each day that ended with an error code, its remedy and the command, whatever the code', async () => {
  const days = Object.keys(ERROR_CODES).map((code, index): ReportDay => {
    const date = shiftDate(parseBusinessDate('2026-10-01'), index);
    const outcome = `${isGateCode(code) ? 'refused' : 'failed'}:${code}`;
    const verdict = isGateCode(code) ? 'refused' : 'failed';
    return { date, verdict, outcome, reason: `why ${code}`, remedy: remedyOf(outcome)! };
  });
  const file = join(folder, 'codes.html');
  await writeFile(file, await reportHtml({ ...sample, days }));
  const { tab, troubles } = await open({ width: 1200, colorScheme: 'light' }, file);
  for (const { date, outcome, reason, remedy } of days) {
    await tab.click(`[data-date="${date}"]`);
    const shown = await tab.locator('#day').innerText();
    for (const part of [date, outcome, reason!, remedy!, `batch run --pipeline events --date ${date}`]) {
      expect(shown).toContain(part);
    }
  }
  expect(troubles).toEqual([]);
  await tab.close();
});

it('holds everything that it needs', async () => {
  const html = await reportHtml(sample);
  expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
  // No text inside ends a script element early.
  expect(html.match(/<\/script/g)).toHaveLength(2);
});

const HOSTILE = [
  '</script><script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '<!--<script>',
  '"><svg onload="window.hacked = 1">',
  "'-window.hacked-'",
  '\u202egnp.exe\u2066',
  '\u001b]52;c;ZXZpbA==\u0007\u009b2J',
  '&lt;b&gt;\u2028${window.hacked}',
].join(' ');

it('shows hostile names, messages and figures as text, and follows none of their links into a script', async () => {
  const day = sample.days.find(({ verdict }) => verdict === 'failed')!;
  const days = sample.days.map((one): ReportDay => {
    if (one.date === day.date) {
      return {
        ...one,
        outcome: `failed:${HOSTILE}`,
        reason: HOSTILE,
        remedy: HOSTILE,
        url: 'javascript:window.hacked=1',
      };
    }
    if (one.reconciled === undefined) return one;
    const { reconciled } = one;
    const hours = reconciled.hours.map((hour, index) => (index === 0 ? { ...hour, hour: HOSTILE } : hour));
    const texts = { equation: HOSTILE, servedBefore: HOSTILE, version: HOSTILE };
    const checks = reconciled.checks.map((check) => ({ ...check, name: HOSTILE, where: HOSTILE, atMost: HOSTILE }));
    return { ...one, reconciled: { ...reconciled, ...texts, hours, checks } };
  });
  const file = join(folder, 'hostile.html');
  const hostile = { pipeline: HOSTILE, withoutRuns: HOSTILE, temporalUrl: 'javascript:window.hacked=1', days };
  await writeFile(file, await reportHtml({ ...sample, ...hostile }));
  const { tab, troubles } = await open({ width: 1200, colorScheme: 'light' }, file);
  expect(await tab.locator('#day .reason').innerText()).toContain('<img src=x onerror="window.hacked = 1">');
  expect(await tab.title()).toContain('</script><script>');
  const links = await tab.locator('a[href^="javascript:"]').all();
  expect(links).toHaveLength(2);
  for (const link of links) await link.click();
  await tab.click('[data-date="2026-10-30"]');
  for (const table of ['table:not(.checks)', '.checks']) {
    expect(await tab.locator(`#day ${table} tbody`).innerText()).toContain('</script>');
  }
  expect(
    await tab.evaluate('[window.hacked, document.querySelectorAll("img, script[src], #report script").length]'),
  ).toEqual([undefined, 0]);
  expect(await tab.locator('body').innerText()).not.toMatch(/[\p{Bidi_Control}\u001b\u009b]/u);
  // The policy refused the scripts in the links. There was nothing else to refuse.
  expect(troubles.filter((trouble) => !/javascript:/.test(trouble))).toEqual([]);
  await tab.close();
});

it('has a policy under which what an attacker would add neither runs nor loads', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { tab, troubles } = await open({ width: 1200, colorScheme: 'light' });
  expect(troubles).toEqual([]);
  await tab.evaluate(`(() => {
    const script = document.createElement('script');
    script.textContent = 'window.hacked = 1';
    const link = document.createElement('link');
    Object.assign(link, { rel: 'stylesheet', href: 'http://127.0.0.1:${port}/style.css' });
    const image = new Image();
    image.src = 'http://127.0.0.1:${port}/pixel';
    const block = document.createElement('div');
    block.innerHTML = '<b style="color: red" onclick="window.hacked = 1">x</b>';
    document.body.append(script, link, image, block);
    block.firstChild.click();
  })()`);
  expect(await tab.evaluate('window.hacked ?? null')).toBeNull();
  const refused = troubles.join('\n');
  for (const directive of ['script-src', 'style-src', 'img-src']) expect(refused).toContain(directive);
  await tab.close();
  server.close();
  expect(asked).toEqual([]);
});
