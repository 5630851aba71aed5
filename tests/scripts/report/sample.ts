import { completeCounts, describeCounts } from '../../../domain/day-manifest';
import { describeProof } from '../../../domain/proof-kind';
import { realtimeHours } from '../../../domain/realtime-error';
import { describeBefore, type ReconciledHour } from '../../../domain/reconciliation';
import type { ReportData, ReportDay } from '../../../scripts/report/report-data';

/** Typical six weeks in a zone whose clocks go back: most days are replaced, and there is one day of each other kind. */
export function sampleReport(): ReportData {
  const days = Array.from({ length: 42 }, (_, index): ReportDay => {
    const date = new Date(Date.UTC(2026, 9, 12 + index)).toISOString().slice(0, 10);
    const last = {
      startedAt: `${date}T15:30:00Z`,
      url: `http://127.0.0.1:8233/${date}`,
      seconds: 40 + (index % 7) * 9,
    };
    const ranAs = (outcome: string): Omit<ReportDay, 'verdict'> => ({
      ...{ date, outcome, ...last },
      runs: [
        { outcome, ...last },
        ...(index % 9 === 0 ? [{ outcome: 'refused:EMPTY_DAY', ...last, startedAt: `${date}T14:30:00Z` }] : []),
      ],
    });
    if (index === 41) return { ...ranAs('running'), verdict: 'running' };
    // Two days without files, then one with files.
    if (index < 2) return { date, verdict: 'none', outcome: 'none', runs: [], hasFiles: false };
    if (index === 2) return { date, verdict: 'none', outcome: 'none', runs: [], hasFiles: true, missed: true };
    if (index === 20) {
      return {
        ...ranAs('refused:MISSING_HOURS'),
        verdict: 'refused',
        reason: '2 hours have no input file (03, 04); the pipeline allows 0. <b>not markup</b></script>',
        remedy: 'Bring the missing hours and run the day again, or go on with --accept MISSING_HOURS.',
      };
    }
    if (index === 33) {
      return {
        ...ranAs('failed:DRUID_TASK_FAILED'),
        verdict: 'failed',
        reason: "Druid's task daybreak_events_names_2026-11-14_1 failed: no space left on device",
        remedy: 'Read the task’s report in Druid, then run the day again; realtime still serves it.',
      };
    }
    const clocksGoBack = date === '2026-10-25' && { unusualHours: { '02': 120 } };
    return { ...ranAs('replaced'), verdict: 'replaced', ...clocksGoBack, reconciled: reconciled(index, date) };
  });
  return {
    pipeline: 'events',
    timeZone: 'Europe/Berlin',
    generatedAt: '2026-11-23T03:00:00Z',
    temporalUrl: 'http://127.0.0.1:8233',
    turniloUrl: 'http://127.0.0.1:9090#events_names',
    realtime: {
      ...{ state: 'running', lag: 1_204, druidLag: 88, deadLetters: 3 },
      troubles: ['partition 2, try 4: KAFKA_UNREACHABLE Kafka at 127.0.0.1:9092 cannot be reached: connection refused'],
    },
    days,
  };
}

/** A second pipeline, whose speed layer does not run, and a long name. */
export function secondReport(): ReportData {
  const pipeline = 'web-clicks-of-the-shop-in-new-york';
  const realtime = { state: 'not running', why: `the speed layer of ${pipeline} does not run`, troubles: [] };
  return { ...sampleReport(), pipeline, timeZone: 'America/New_York', realtime };
}

function reconciled(index: number, date: string): NonNullable<ReportDay['reconciled']> {
  const hours = Array.from({ length: 24 }, (_, hour): ReconciledHour => {
    const written = Math.round((8_000 + 50 * index) * (1.2 + Math.sin(((hour - 9) / 24) * 2 * Math.PI)));
    const duplicates = Math.round(written * 0.011);
    return {
      hour: String(hour).padStart(2, '0'),
      realtimeRows: Math.round(written * 1.006),
      realtimeDistinct: Math.round(written * 0.995),
      read: written + duplicates + (hour % 3),
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
  const sum = (pick: (hour: ReconciledHour) => number): number => hours.reduce((total, hour) => total + pick(hour), 0);
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
    // Files of 200 records came later on each eighth day.
    realtime: realtimeHours(hours).map((hour) => ({ ...hour, written: hour.written - (index % 8 === 0 ? 200 : 0) })),
    equation: describeCounts(counts),
    servedBefore: describeBefore('realtime'),
    proof: describeProof('rows'),
    version: `${date}T15:31:00.000Z`,
    taskId: `daybreak_events_names_${date}`,
  };
}
