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
import type { ReconciledHour } from '../../../domain/reconciliation';
import { findChromium } from '../../../scripts/dev/chromium';
import { remedyOf } from '../../../scripts/operate/remedies';
import { reportHtml } from '../../../scripts/report/html';
import type { ReportData, ReportDay } from '../../../scripts/report/report-data';
import { sampleReport, secondReport } from './sample';
import { troublesOfLayout } from './layout';

const SCREENSHOTS = resolve('.daybreak/screenshots');
const sample = sampleReport();
const htmlOf = (...reports: ReportData[]): Promise<string> => reportHtml({ reports, notShown: [] });
let folder: string;
let page: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-report-'));
  page = join(folder, 'report.html');
  await writeFile(page, await htmlOf(sample));
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

const WIDTHS = [1280, 768, 390];
it.each(WIDTHS.flatMap((width) => (['light', 'dark'] as const).map((scheme) => [width, scheme] as const)))(
  'shows all pipelines at %s pixels, %s: nothing is cut, nothing overlaps, without the network and without an error',
  async (width, colorScheme) => {
    const file = join(folder, 'all.html');
    const broken = { pipeline: 'rides', what: 'BAD_PIPELINE rides/pipeline.yaml: no key name', remedy: 'Add name.' };
    await writeFile(file, await reportHtml({ reports: [sample, secondReport()], notShown: [broken] }));
    const { tab, troubles } = await open({ width, colorScheme }, file);
    // A day of 25 hours, with its table, its checks and its earlier runs.
    for (const date of ['2026-11-14', '2026-10-25']) {
      await tab.click(`[data-date="${date}"]`);
      for (const more of await tab.locator('#day details').all()) await more.click();
      expect(await troublesOfLayout(tab)).toEqual([]);
    }
    // Also where only each third hour has a name.
    expect(await tab.locator('#day svg').allTextContents()).toContainEqual(expect.stringContaining('02*'));
    await tab.screenshot({ path: join(SCREENSHOTS, `report ${width} ${colorScheme}.png`), fullPage: true });
    expect(troubles).toEqual([]);
    expect(await tab.locator('.day').count()).toBe(sample.days.length);
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const ground = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'dark' ? 'rgb(20, 22, 26)' : 'rgb(247, 246, 243)');
    await tab.close();
  },
);

it('finds text that is cut, that overlaps other text, or that is outside of the window', async () => {
  const tab = await browser.newPage({ viewport: { width: 400, height: 400 } });
  await tab.setContent(`<p style="width: 60px; overflow-x: auto; white-space: nowrap">a line that is long</p>
    <p style="position: absolute; top: 100px">one</p><p style="position: absolute; top: 105px">two</p>
    <p style="position: absolute; left: 390px; top: 200px">three</p><p>well</p>`);
  expect(await troublesOfLayout(tab)).toEqual([
    ...['cut: a line that is long', 'outside: three', 'overlap: one / two'],
  ]);
  await tab.close();
});

it('shows the pipeline that was chosen, and names the one that cannot be shown', async () => {
  const file = join(folder, 'two.html');
  const broken = { pipeline: 'rides', what: 'BAD_PIPELINE rides/pipeline.yaml: no key name', remedy: 'Add name.' };
  await writeFile(file, await reportHtml({ reports: [sample, secondReport()], notShown: [broken] }));
  const { tab } = await open({ width: 1280, colorScheme: 'light' }, file);
  const { pipeline } = secondReport();
  expect(await tab.locator('h1').innerText()).toBe('events');
  // Each pipeline's clocks are those of its own zone.
  const asOf = await tab.locator('#pipelines tbody tr td:last-child').allInnerTexts();
  expect(asOf).toEqual(['23 Nov 2026, 04:00, Europe/Berlin', '22 Nov 2026, 22:00, America/New_York']);
  expect(await tab.locator('#pipelines').innerText()).toContain(
    'rides: BAD_PIPELINE rides/pipeline.yaml: no key name → Add name.',
  );
  await tab.click(`[data-pipeline="${pipeline}"]`);
  expect(await tab.locator('h1').innerText()).toBe(pipeline);
  expect(await tab.locator('#realtime').innerText()).toContain('not running');
  await tab.reload();
  expect(await tab.locator('h1').innerText()).toBe(pipeline);
  await tab.close();
});

it('tells days with files from days without, and advises to build only the first', async () => {
  const { tab } = await open({ width: 1280, colorScheme: 'light' });
  const advice = await tab.locator('section', { hasText: 'What needs you' }).first().innerText();
  expect(advice).toContain('One day has files and no run, 2 more have no files.');
  expect(advice).toContain('npx daybreak backfill --pipeline events --from 2026-10-14 --to 2026-10-14');
  await tab.click('[data-date="2026-10-12"]');
  expect(await tab.locator('#day').innerText()).toContain('no files, no run');
  expect(await tab.locator('#day').innerText()).not.toContain('npx daybreak');
  await tab.click('[data-date="2026-10-14"]');
  expect(await tab.locator('#day').innerText()).toContain('npx daybreak batch run --pipeline events --date 2026-10-14');
  await tab.close();
});

it('says of the days only what is known, and offers no backfill of one whose night is to come', async () => {
  const tab = await browser.newPage();
  const adviceOn = async (days: readonly ReportDay[], more: Partial<ReportData> = {}): Promise<string> => {
    const file = join(folder, 'advice.html');
    await writeFile(file, await htmlOf({ ...sample, ...more, days }));
    await tab.goto(pathToFileURL(file).href);
    return tab.locator('section', { hasText: 'What needs you' }).first().innerText();
  };
  const ran = (wanted: ReportDay['verdict']) => sample.days.filter(({ verdict }) => verdict === wanted);
  const none: ReportDay = { date: '2026-11-20', verdict: 'none', outcome: 'none', runs: [], hasFiles: true };

  const yet = await adviceOn([...ran('replaced'), none]);
  expect(yet).toContain('Every day that ran was replaced, with proof.');
  expect(yet).toContain('One day has files and no run yet.');
  expect(yet).not.toContain('npx daybreak');
  expect(await adviceOn(ran('running'))).toContain('No run has ended yet.');
  expect(await adviceOn([{ ...none, hasFiles: false }])).toContain('No day has a run.');

  const unknown = await adviceOn([...ran('replaced'), none], { withoutRuns: 'Temporal does not answer' });
  expect(unknown).toContain('Which days failed is not known without the list of runs.');
  expect(unknown).toContain('One day has no stored result. Whether it ran is not known.');
  expect(unknown).not.toMatch(/Every day|npx daybreak/);
  await tab.close();
});

it('shows the earlier runs of a day, and that an hour is longer than the others', async () => {
  const { tab } = await open({ width: 1280, colorScheme: 'light' });
  await tab.click('[data-date="2026-10-30"]');
  expect(await tab.locator('#day details').innerText()).toContain('one earlier run');
  await tab.click('#day summary');
  expect(await tab.locator('#day details').innerText()).toContain('refused:EMPTY_DAY');
  expect(await tab.locator('#day').innerText()).not.toContain('02*');
  await tab.click('[data-date="2026-10-25"]');
  expect(await tab.locator('#day tbody').first().innerText()).toContain('02*');
  expect(await tab.locator('#day').innerText()).toContain('02* has 120 minutes: the clocks change in it.');
  await tab.close();
});

it('shows how far realtime was from the truth, by day and hour', async () => {
  const { tab } = await open({ width: 1280, colorScheme: 'light' });
  const days = sample.days.flatMap(({ reconciled }) => (reconciled === undefined ? [] : [reconciled]));
  const sum = (pick: (hour: ReconciledHour) => number): string =>
    days
      .flatMap(({ hours }) => hours)
      .reduce((total, hour) => total + pick(hour), 0)
      .toLocaleString('en-US');
  const shown = await tab.locator('#truth').innerText();
  expect(shown).toContain(`Of ${sum(({ written }) => written)} exact rows of ${days.length} days`);
  expect(shown).toContain(`doubled ${sum(({ realtimeRows, realtimeDistinct }) => realtimeRows - realtimeDistinct)}`);
  const later = days.filter(({ realtime, hours }) => realtime![0]!.written < hours[0]!.written);
  expect(later.length).toBeGreaterThan(0);
  expect(shown).toContain(`late ${(later.length * 24 * 200).toLocaleString('en-US')}`);
  const cells = await tab.locator('#truth svg [aria-label="cell"] rect').count();
  expect(cells % (days.length * 24)).toBe(0);
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
    const restored = code === 'NOT_SERVED' && { restore: 'previous' };
    return { date, verdict, outcome, reason: `why ${code}`, remedy: remedyOf(outcome)!, runs: [], ...restored };
  });
  const file = join(folder, 'codes.html');
  await writeFile(file, await htmlOf({ ...sample, days }));
  const { tab, troubles } = await open({ width: 1200, colorScheme: 'light' }, file);
  for (const { date, outcome, reason, remedy, restore } of days) {
    await tab.click(`[data-date="${date}"]`);
    const shown = await tab.locator('#day').innerText();
    const command = restore === undefined ? 'batch run' : 'batch restore';
    for (const part of [date, outcome, reason!, remedy!, `${command} --pipeline events --date ${date}`]) {
      expect(shown).toContain(part);
    }
  }
  expect(troubles).toEqual([]);
  await tab.close();
});

it('holds everything that it needs', async () => {
  const html = await htmlOf(sample);
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
        runs: one.runs.map((run) => ({ ...run, url: 'javascript:window.hacked=1' })),
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
  await writeFile(file, await htmlOf({ ...sample, ...hostile }));
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
