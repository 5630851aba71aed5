/** How long hours are whose length is not 60 minutes, in minutes. */
type UnusualHours = Readonly<Record<string, number>>;

/** Narrower than this, in pixels, the names of neighbouring hours would touch each other. */
const NARROWEST_HOUR = 24;

/** With a star if the hour is not 60 minutes long. */
export function hourName(hour: string, unusualHours: UnusualHours): string {
  return hour in unusualHours ? `${hour}*` : hour;
}

/**
 * The names below a chart of hours, '' where one has none. If there is no room for all, each third hour has one. An
 * unusual hour always has one, and then the hours beside it have none.
 *
 * @param width of the chart, in pixels.
 */
export function hourNames(hours: readonly string[], unusualHours: UnusualHours, width: number): string[] {
  const names = hours.map((hour) => hourName(hour, unusualHours));
  if (width / hours.length >= NARROWEST_HOUR) return names;
  const isUnusual = (index: number): boolean => (hours[index] ?? '') in unusualHours;
  return names.map((name, index) => {
    if (isUnusual(index)) return name;
    return index % 3 === 0 && !isUnusual(index - 1) && !isUnusual(index + 1) ? name : '';
  });
}
