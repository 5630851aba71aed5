/** The program of the report's page. It runs in the reader's browser and draws the data that is inside the page. */
import { attention } from './attention';
import { calendar } from './calendar';
import { dayPanel } from './day-panel';
import { element, elementById } from './element';
import { overview } from './overview';
import { realtimePanel } from './realtime';
import { parseReports, type Report } from './report';
import { figures, heading } from './summary';
import { trends } from './trends';
import { truth } from './truth';

const data = parseReports(elementById('data').textContent);
const main = elementById('report');
const pipeline = element('div');

if (data.reports.length + data.notShown.length > 1) main.append(overview(data, show));
main.append(pipeline);
const wanted = decodeURIComponent(location.hash.slice(1));
const first = data.reports.find((report) => report.pipeline === wanted) ?? data.reports[0];
if (first !== undefined) show(first);

function show(report: Report): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-pipeline]')) {
    button.setAttribute('aria-pressed', String(button.dataset['pipeline'] === report.pipeline));
  }
  if (data.reports.length > 1) history.replaceState(null, '', `#${encodeURIComponent(report.pipeline)}`);
  const panel = dayPanel(report);
  const attentionPanel = attention(report, (date) => {
    panel.open(date);
    panel.section.scrollIntoView({ behavior: 'smooth', block: 'start' });
  });
  pipeline.replaceChildren(
    heading(report),
    figures(report),
    ...withoutRuns(report),
    element(
      'div',
      { class: 'columns' },
      calendar(report, panel.open),
      element('div', {}, attentionPanel, realtimePanel(report.realtime)),
    ),
    panel.section,
  );
  // The charts are as wide as the page, whose width is known only now.
  const width = main.clientWidth;
  pipeline.append(...[truth(report, width), trends(report, width)].filter((section) => section !== undefined));
  const { days, daysToRepair, lastDay } = report;
  panel.open((daysToRepair.at(-1) ?? days.findLast(({ reconciled }) => reconciled !== undefined) ?? lastDay).date);
}

function withoutRuns({ withoutRuns }: Report): HTMLElement[] {
  if (withoutRuns === undefined) return [];
  const text = `The list of runs is missing: ${withoutRuns}. Days that failed cannot be told from days that never ran.`;
  return [element('p', { class: 'panel', role: 'alert' }, text)];
}
