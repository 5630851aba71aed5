/** The program of the report's page. It runs in the reader's browser and draws the data that is inside the page. */
import { attention } from './attention';
import { calendar } from './calendar';
import { dayPanel } from './day-panel';
import { element, elementById } from './element';
import { parseReport } from './report';
import { figures, heading } from './summary';
import { trends } from './trends';

const report = parseReport(elementById('data').textContent);
const main = elementById('report');
const panel = dayPanel(report);

main.append(heading(report), figures(report));
if (report.withoutRuns) {
  main.append(
    element(
      'p',
      { class: 'panel', role: 'alert' },
      `The list of runs is missing: ${report.withoutRuns}. Days that failed cannot be told from days that never ran.`,
    ),
  );
}
const attentionPanel = attention(report, (date) => {
  panel.open(date);
  panel.section.scrollIntoView({ behavior: 'smooth', block: 'start' });
});
main.append(
  element('div', { class: 'columns' }, calendar(report, panel.open), attentionPanel),
  panel.section,
  trends(report, main.clientWidth),
);
const { days, daysToRepair, lastDay } = report;
panel.open((daysToRepair.at(-1) ?? days.findLast(({ reconciled }) => reconciled !== undefined) ?? lastDay).date);
