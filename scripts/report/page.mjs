/* global document, window, CSSStyleSheet, Plot */
// Runs in the reader's browser, inside the page: d3 and Plot are there, the data is in #data.
const report = JSON.parse(document.getElementById('data').textContent);
const days = report.days;
const number = new Intl.NumberFormat('en-US');
const plain = (value) => number.format(value);

/** An element; children are elements or text, so that no text of the data is ever read as markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== ''));
  return made;
}

const total = (hours, key) => hours.reduce((sum, hour) => sum + hour[key], 0);
const wrong = days.filter((day) => day.remedy !== undefined);
const main = document.getElementById('report');
/** Texts of the style sheets that plots brought. */
const adopted = new Set();
const detail = element('section', { class: 'panel', id: 'day', 'aria-live': 'polite' });

main.append(heading(), figures());
if (report.withoutRuns) {
  main.append(
    element(
      'p',
      { class: 'panel', role: 'alert' },
      `The list of runs is missing: ${report.withoutRuns}. Days that failed cannot be told from days that never ran.`,
    ),
  );
}
main.append(element('div', { class: 'columns' }, calendar(), attention()), detail, trends());
const latest = [...days].reverse();
open((latest.find((day) => day.remedy) ?? latest.find((day) => day.reconciled) ?? latest[0]).date);

function heading() {
  const at = new Date(report.generatedAt);
  return element(
    'header',
    {},
    element('h1', {}, report.pipeline),
    element(
      'p',
      { class: 'muted' },
      `${days[0].date} to ${days.at(-1).date}, days of ${report.timeZone}; written ${at.toLocaleString('en-GB', { timeZone: report.timeZone, dateStyle: 'medium', timeStyle: 'short' })} · `,
      element('a', { href: report.temporalUrl }, 'Temporal UI'),
      ...(report.turniloUrl ? [' · ', element('a', { href: report.turniloUrl }, 'Turnilo')] : []),
    ),
  );
}

function figures() {
  const done = days.filter((day) => day.reconciled);
  const sum = (pick) => done.reduce((all, day) => all + pick(day.reconciled), 0);
  const times = days
    .flatMap((day) => (day.verdict === 'replaced' && day.seconds !== undefined ? [day.seconds] : []))
    .sort((a, b) => a - b);
  const figure = (value, label) =>
    element('div', { class: 'figure' }, element('strong', {}, value), element('span', { class: 'muted' }, label));
  return element(
    'div',
    { class: 'figures' },
    figure(
      `${plain(days.filter((day) => day.verdict === 'replaced').length)} of ${plain(days.length)}`,
      'days replaced',
    ),
    figure(plain(wrong.length), wrong.length === 1 ? 'day needs you' : 'days need you'),
    figure(plain(sum(({ counts }) => counts.written)), 'exact rows'),
    figure(plain(sum(({ counts }) => counts.filtered)), 'filtered by the transform'),
    figure(plain(sum(({ counts }) => counts.duplicates)), 'duplicates removed'),
    figure(plain(sum(({ counts }) => counts.quarantined)), 'quarantined'),
    figure(times.length ? seconds(times[Math.floor(times.length / 2)]) : '–', 'median run'),
  );
}

function calendar() {
  const grid = element('div', { class: 'calendar' });
  const names = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
  const utc = (date) => new Date(`${date}T00:00:00Z`);
  let month = '';
  for (const name of names) grid.append(element('span', { class: 'weekday' }, name));
  for (const day of days) {
    const date = utc(day.date);
    const title = date.toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
    if (title !== month) {
      month = title;
      grid.append(element('span', { class: 'month' }, month));
    }
    const cell = element(
      'button',
      {
        class: `day ${day.verdict}`,
        'data-date': day.date,
        'aria-pressed': 'false',
        title: `${day.date}: ${day.outcome}`,
        'aria-label': `${day.date}, ${day.outcome}`,
        onclick: () => open(day.date),
      },
      String(date.getUTCDate()),
      element(
        'small',
        {},
        { refused: 'refused', failed: 'failed', cancelled: 'cancelled', running: 'runs' }[day.verdict] ?? '',
      ),
    );
    cell.style.gridColumn = String(((date.getUTCDay() + 6) % 7) + 1);
    grid.append(cell);
  }
  const legend = [
    ['replaced', 'replaced, proven'],
    ['refused', 'refused or cancelled'],
    ['failed', 'failed'],
    ['running', 'running'],
    ['none', 'no run'],
  ];
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'Days'),
    grid,
    element(
      'div',
      { class: 'legend' },
      ...legend.map(([name, label]) => {
        const mark = element('i', {});
        mark.style.background = `var(--${name})`;
        return element('span', {}, mark, label);
      }),
    ),
  );
}

function attention() {
  const list = [...wrong]
    .reverse()
    .map((day) =>
      element(
        'li',
        {},
        element('button', { onclick: () => open(day.date, true) }, day.date),
        ' ',
        element('span', { class: `badge ${day.verdict}` }, day.outcome),
        element('p', {}, `→ ${day.remedy}`),
      ),
    );
  const missing = days.filter((day) => day.verdict === 'none').length;
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'What needs you'),
    list.length
      ? element('ul', { class: 'attention' }, ...list)
      : element('p', {}, 'Nothing: every day that ran was replaced, with proof.'),
    ...(missing
      ? [
          element(
            'p',
            { class: 'muted' },
            `${plain(missing)} days have no run: `,
            command(
              `npx daybreak backfill --pipeline ${report.pipeline} --from ${days[0].date} --to ${days.at(-1).date}`,
            ),
          ),
        ]
      : []),
  );
}

function open(date, scroll = false) {
  for (const cell of document.querySelectorAll('.day'))
    cell.setAttribute('aria-pressed', String(cell.dataset.date === date));
  const day = days.find((one) => one.date === date);
  detail.replaceChildren(
    element(
      'h2',
      {},
      `${date} `,
      element('span', { class: `badge ${day.verdict}` }, day.outcome === 'none' ? 'no run' : day.outcome),
    ),
    ...(day.reason ? [element('p', { class: 'reason' }, day.reason)] : []),
    ...(day.remedy
      ? [
          element(
            'p',
            {},
            `→ ${day.remedy} `,
            command(`npx daybreak batch run --pipeline ${report.pipeline} --date ${date}`),
          ),
        ]
      : []),
    ...(day.startedAt
      ? [
          element(
            'p',
            { class: 'muted' },
            `last run ${new Date(day.startedAt).toLocaleString('en-GB', { timeZone: report.timeZone, dateStyle: 'medium', timeStyle: 'short' })}`,
            day.seconds === undefined ? '' : `, ${seconds(day.seconds)}`,
            ' · ',
            element('a', { href: day.url }, 'in the Temporal UI'),
          ),
        ]
      : []),
    ...(day.reconciled
      ? hoursOf(day)
      : [element('p', { class: 'muted' }, 'The batch has not replaced this day: realtime serves what it has of it.')]),
  );
  if (scroll) detail.scrollIntoView({ behavior: 'smooth', block: 'start' });
}

function hoursOf(day) {
  const { hours, equation, servedBefore, version } = day.reconciled;
  const bars = hours.flatMap((hour) => [
    { hour: hour.hour, what: 'Druid before', rows: hour.realtimeRows },
    { hour: hour.hour, what: 'Druid after', rows: hour.druidRows },
  ]);
  const chart = plotted({
    width: Math.min(1000, detail.clientWidth - 36),
    height: 200,
    marginLeft: 50,
    style: { background: 'transparent', color: 'var(--text)', fontSize: '11px' },
    x: { axis: null, padding: 0.1, domain: ['Druid before', 'Druid after'] },
    fx: { label: 'local hour', padding: 0.15 },
    y: { grid: true, label: 'rows', nice: true, tickFormat: 's' },
    color: { domain: ['Druid before', 'Druid after'], range: ['var(--realtime)', 'var(--batch)'], legend: true },
    marks: [
      Plot.barY(bars, {
        fx: 'hour',
        x: 'what',
        y: 'rows',
        fill: 'what',
        title: (bar) => `${bar.hour} h, ${bar.what}: ${plain(bar.rows)}`,
      }),
      Plot.ruleY([0]),
    ],
  });
  const columns = [
    ['Druid before', 'realtimeRows'],
    ['distinct', 'realtimeDistinct'],
    ['written', 'written'],
    ['Druid after', 'druidRows'],
    ['added', 'missedByRealtime'],
    ['duplicates', 'duplicates'],
    ['filtered', 'filtered'],
    ['bad', 'quarantined'],
    ['other days', 'outsideDay'],
    ['from other files', 'misfiled'],
    ['unmatched', 'unmatched'],
  ];
  const rows = hours.map((hour) =>
    element(
      'tr',
      hour.equal ? {} : { class: 'unequal' },
      element('td', {}, hour.hour),
      ...columns.map(([, key]) => element('td', {}, plain(hour[key]))),
      element('td', {}, hour.equal ? '=' : '≠'),
    ),
  );
  return [
    element('p', { class: 'muted' }, `${equation}; ${servedBefore}; segments of version ${version}`),
    element('div', {}, chart),
    element(
      'div',
      { class: 'scroll' },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('th', {}, 'hour'),
            ...columns.map(([title]) => element('th', {}, title)),
            element('th', {}, 'proof'),
          ),
        ),
        element('tbody', {}, ...rows),
        element(
          'tfoot',
          {},
          element(
            'tr',
            {},
            element('td', {}, 'day'),
            ...columns.map(([, key]) => element('td', {}, plain(total(hours, key)))),
            element('td', {}, hours.every((hour) => hour.equal) ? '=' : '≠'),
          ),
        ),
      ),
    ),
  ];
}

/** A plot's own style elements are inline, which the page's policy refuses: their rules go to the document instead. */
function plotted(options) {
  const plot = Plot.plot(options);
  for (const style of plot.querySelectorAll('style')) {
    if (!adopted.has(style.textContent)) {
      adopted.add(style.textContent);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style.textContent);
      document.adoptedStyleSheets.push(sheet);
    }
    style.remove();
  }
  return plot;
}

function trends() {
  const done = days.filter((day) => day.reconciled);
  const timed = days.filter((day) => day.seconds !== undefined);
  const width = Math.min(1000, main.clientWidth - 40);
  const shared = {
    width,
    height: 150,
    marginLeft: 50,
    style: { background: 'transparent', color: 'var(--text)', fontSize: '11px' },
    x: { type: 'utc', label: null, domain: [at(days[0].date), at(days.at(-1).date, 1)] },
  };
  const bars = (data, of, fill, label) =>
    plotted({
      ...shared,
      y: { grid: true, nice: true, zero: true, label, tickFormat: 's' },
      marks: [
        Plot.rectY(data, {
          x1: (day) => at(day.date),
          x2: (day) => at(day.date, 1),
          y: of,
          fill,
          insetLeft: 1,
          insetRight: 1,
          title: (day) => `${day.date}: ${plain(Math.round(of(day)))}`,
        }),
        Plot.ruleY([0]),
      ],
    });
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'Rows a day, duplicates that were removed, and how long the runs took'),
    ...(done.length
      ? [
          bars(done, (day) => day.reconciled.counts.written, 'var(--batch)', 'rows'),
          bars(done, (day) => day.reconciled.counts.duplicates, 'var(--duplicates)', 'duplicates'),
        ]
      : []),
    ...(timed.length
      ? [
          bars(
            timed,
            (day) => day.seconds,
            (day) => `var(--${day.verdict === 'cancelled' ? 'refused' : day.verdict})`,
            'seconds',
          ),
        ]
      : []),
    ...(done.length + timed.length ? [] : [element('p', { class: 'muted' }, 'Nothing ran yet.')]),
  );
}

function at(date, days = 0) {
  const day = new Date(`${date}T00:00:00Z`);
  return new Date(day.getTime() + days * 86_400_000);
}

function seconds(value) {
  return value < 90 ? `${value.toFixed(1)} s` : `${(value / 60).toFixed(1)} min`;
}

function command(line) {
  return element('code', {}, line);
}
