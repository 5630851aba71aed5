import { PassThrough } from 'node:stream';
import { parseBusinessDate } from '../../../domain/business-date';
import { daysBar } from '../../../scripts/output/days-bar';

it('shows no number of days before they are selected', () => {
  let shown = '';
  const terminal = { isTTY: true, columns: 80, cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  const stream = Object.assign(new PassThrough(), terminal);
  stream.on('data', (text) => (shown += String(text)));
  const bar = daysBar(stream);
  const day = parseBusinessDate('2026-11-21');
  const none = { completed: 0, replaced: 0, running: [], failed: [] };
  const range = { pipeline: 'events', from: day, to: day, only: 'missing' } as const;

  bar.report({ ...range, ...none, requested: undefined });
  bar.end();
  expect(shown).not.toContain('days');
  bar.report({ ...range, ...none, requested: 3, completed: 1 });
  bar.end();
  expect(shown).toContain('1 of 3 days, 0 failed');
});
