import { completeCounts, describeCounts } from '../../../domain/day-manifest';
import { describeProof } from '../../../domain/proof-kind';
import { describeBefore } from '../../../domain/reconciliation';
import type { ReportData, ReportDay, ReportHour } from '../../../scripts/report/report-data';

/** Typical six weeks: most days are replaced, and there is one day of each other kind. */
export function sampleReport(): ReportData {
  const days = Array.from({ length: 42 }, (_, index): ReportDay => {
    const date = new Date(Date.UTC(2026, 9, 12 + index)).toISOString().slice(0, 10);
    const ran = {
      date,
      startedAt: `${date}T15:30:00Z`,
      url: `http://127.0.0.1:8233/${date}`,
      seconds: 40 + (index % 7) * 9,
    };
    if (index === 41) return { ...ran, verdict: 'running', outcome: 'running' };
    if (index < 3) return { date, verdict: 'none', outcome: 'none' };
    if (index === 20) {
      return {
        ...ran,
        verdict: 'refused',
        outcome: 'refused:MISSING_HOURS',
        reason: '2 hours have no input file (03, 04); the pipeline allows 0. <b>not markup</b></script>',
        remedy: 'Bring the missing hours and run the day again, or go on with --accept MISSING_HOURS.',
      };
    }
    if (index === 33) {
      return {
        ...ran,
        verdict: 'failed',
        outcome: 'failed:DRUID_TASK_FAILED',
        reason: "Druid's task daybreak_events_names_2026-11-14_1 failed: no space left on device",
        remedy: 'Read the task’s report in Druid, then run the day again; realtime still serves it.',
      };
    }
    return { ...ran, verdict: 'replaced', outcome: 'replaced', reconciled: reconciled(index, date) };
  });
  return {
    pipeline: 'events',
    timeZone: 'Asia/Seoul',
    generatedAt: '2026-11-23T03:00:00Z',
    temporalUrl: 'http://127.0.0.1:8233',
    turniloUrl: 'http://127.0.0.1:9090#events_names',
    days,
  };
}

function reconciled(index: number, date: string): NonNullable<ReportDay['reconciled']> {
  const hours = Array.from({ length: 24 }, (_, hour): ReportHour => {
    const written = Math.round((8_000 + 50 * index) * (1.2 + Math.sin(((hour - 9) / 24) * 2 * Math.PI)));
    const duplicates = Math.round(written * 0.011);
    return {
      hour: String(hour).padStart(2, '0'),
      realtimeRows: Math.round(written * 1.006),
      realtimeDistinct: Math.round(written * 0.995),
      written,
      duplicates,
      unmatched: 0,
      filtered: 0,
      outsideDay: 0,
      misfiled: hour % 5,
      quarantined: hour % 3,
      missedByRealtime: Math.round(written * 0.005),
      druidRows: written,
      equal: true,
    };
  });
  const sum = (pick: (hour: ReportHour) => number): number => hours.reduce((total, hour) => total + pick(hour), 0);
  const [kept, duplicates, quarantined] = [sum((h) => h.written), sum((h) => h.duplicates), sum((h) => h.quarantined)];
  const counts = completeCounts(
    { read: kept + duplicates + quarantined, kept, duplicates, quarantined, outsideDay: 0 },
    hours,
  );
  return {
    hours,
    counts,
    checks: [
      { name: 'no_uid', where: 'uid IS NULL', atMost: 0, wrong: 0, allowed: 0 },
      {
        ...{ name: 'long_hello', where: 'length(hello) > 100', atMost: '0.1%', wrong: 12, allowed: 190 },
        worstHour: { hour: '07', wrong: 9 },
      },
    ],
    equation: describeCounts(counts),
    servedBefore: describeBefore('realtime'),
    proof: describeProof('rows'),
    version: `${date}T15:31:00.000Z`,
    taskId: `daybreak_events_names_${date}`,
  };
}
