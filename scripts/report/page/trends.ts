import { rectY, ruleY } from '@observablehq/plot';
import type { ReportDay } from '../report-data';
import { element } from './element';
import { formatCount } from './format';
import { drawPlot } from './plot';
import type { Report } from './report';

const DAY_MS = 86_400_000;

interface Bar {
  readonly day: ReportDay;
  readonly value: number;
}

/**
 * One chart over all days for rows, one for duplicates, and one for the runs' duration. `mainWidth` is in pixels and
 * includes the padding.
 */
export function trends(report: Report, mainWidth: number): HTMLElement {
  const written = barsOf(report, ({ reconciled }) => reconciled?.counts.written);
  const duplicates = barsOf(report, ({ reconciled }) => reconciled?.counts.duplicates);
  const seconds = barsOf(report, (day) => day.seconds);
  const x = { type: 'utc', label: null, domain: [startOf(report.firstDay), endOf(report.lastDay)] } as const;
  const chart = (bars: readonly Bar[], fill: string | ((bar: Bar) => string), label: string): Element | undefined => {
    if (bars.length === 0) return undefined;
    return drawPlot({
      width: Math.min(1000, mainWidth - 40),
      height: 150,
      x,
      y: { grid: true, nice: true, zero: true, label, tickFormat: 's' },
      marks: [
        rectY(bars, {
          x1: ({ day }: Bar) => startOf(day),
          x2: ({ day }: Bar) => endOf(day),
          y: 'value',
          fill,
          insetLeft: 1,
          insetRight: 1,
          title: ({ day, value }: Bar) => `${day.date}: ${formatCount(Math.round(value))}`,
        }),
        ruleY([0]),
      ],
    });
  };
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'Rows a day, duplicates that were removed, and how long the runs took'),
    chart(written, 'var(--batch)', 'rows'),
    chart(duplicates, 'var(--duplicates)', 'duplicates'),
    chart(seconds, ({ day }) => `var(--${day.verdict === 'cancelled' ? 'refused' : day.verdict})`, 'seconds'),
    written.length + seconds.length === 0 ? element('p', { class: 'muted' }, 'Nothing ran yet.') : undefined,
  );
}

function barsOf({ days }: Report, valueOf: (day: ReportDay) => number | undefined): Bar[] {
  return days.flatMap((day) => {
    const value = valueOf(day);
    return value === undefined ? [] : [{ day, value }];
  });
}

function startOf({ date }: ReportDay): Date {
  return new Date(date);
}

function endOf({ date }: ReportDay): Date {
  return new Date(Date.parse(date) + DAY_MS);
}
