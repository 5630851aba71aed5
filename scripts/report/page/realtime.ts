import type { ReportRealtime } from '../report-data';
import { element } from './element';
import { formatCount } from './format';

/** The speed layer in one line. */
export function realtimeText({ state, lag, druidLag, isDruidLagBound, deadLetters }: ReportRealtime): string {
  return [
    state,
    ...(lag === undefined ? [] : [`lag ${formatCount(lag)}`]),
    ...(druidLag === undefined ? [] : [`Druid’s lag ${isDruidLagBound ? 'at most ' : ''}${formatCount(druidLag)}`]),
    ...(deadLetters === undefined ? [] : [`dead letters ${formatCount(deadLetters)}`]),
  ].join(', ');
}

/** The speed layer, why it does not run, and what holds it up. */
export function realtimePanel(realtime: ReportRealtime): HTMLElement {
  const { why, troubles } = realtime;
  return element(
    'section',
    { class: 'panel', id: 'realtime' },
    element('h2', {}, 'Realtime'),
    element('p', {}, realtimeText(realtime)),
    why === undefined ? undefined : element('p', { class: 'muted' }, why),
    ...troubles.map((trouble) => element('p', { class: 'reason', role: 'alert' }, `! ${trouble}`)),
  );
}
