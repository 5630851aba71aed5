import { tzOffset } from '@date-fns/tz';

/** What a Druid, whose clocks of a zone may be those of another one, answers to a `clocksQuery`, in its order. */
export function shownClocks(query: string, zoneInDruid?: string): string[] {
  const asked = query.matchAll(/MILLIS_TO_TIMESTAMP\((\d+)\), 'yyyy-MM-dd HH:mm:ss', '([^']+)'\)/g);
  return [...asked].map(([, instant, zone = '']) => {
    const local = Number(instant) + tzOffset(zoneInDruid ?? zone, new Date(Number(instant))) * 60_000;
    return new Date(local).toISOString().slice(0, 19).replace('T', ' ');
  });
}
