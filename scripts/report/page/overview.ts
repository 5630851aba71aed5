import { element } from './element';
import { formatCount, formatTime } from './format';
import { realtimeText } from './realtime';
import type { Report, Reports } from './report';
import { dataTable } from './table';

/** A line for each pipeline, with a button for each. `show` is called with the report of a clicked one. */
export function overview({ reports, notShown }: Reports, show: (report: Report) => void): HTMLElement {
  const buttons = reports.map((report) => {
    const button = element('button', { 'data-pipeline': report.pipeline, 'aria-pressed': 'false' }, report.pipeline);
    button.addEventListener('click', () => {
      show(report);
    });
    return button;
  });
  return element(
    'section',
    { class: 'panel', id: 'pipelines' },
    element('h2', {}, 'Pipelines'),
    dataTable(
      ['pipeline', 'realtime', 'days replaced', 'need you', 'files, no run', 'latest proven day', 'as of'],
      reports.map(lineOf),
      { kind: 'texts' },
    ),
    ...notShown.map(({ pipeline, what, remedy }) =>
      element('p', { class: 'reason', role: 'alert' }, `${pipeline}: ${what} → ${remedy}`),
    ),
    element('nav', { class: 'choices', 'aria-label': 'pipeline' }, ...buttons),
  );
}

function lineOf(report: Report) {
  const { pipeline, timeZone, generatedAt, realtime, days, daysToRepair, missedDays, withoutRuns } = report;
  const replaced = days.filter(({ verdict }) => verdict === 'replaced');
  return {
    cells: [
      pipeline,
      realtimeText(realtime),
      `${formatCount(replaced.length)} of ${formatCount(days.length)}`,
      ...[daysToRepair, missedDays].map(({ length }) =>
        withoutRuns === undefined ? formatCount(length) : 'not known',
      ),
      replaced.at(-1)?.date ?? 'none',
      `${formatTime(generatedAt, timeZone)}, ${timeZone}`,
    ],
    marked: daysToRepair.length > 0 ? 'unequal' : undefined,
  };
}
