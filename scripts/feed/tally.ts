import type { FeedRecord } from './generate';

/** The counts of what a feed made for one hour. */
export interface HourTally {
  /** Distinct valid events. */
  events: number;
  /** How many of these events arrive after later events. */
  late: number;
  /** Further deliveries. A delivery to both destinations counts in both. */
  duplicatesInKafka: number;
  duplicatesInFiles: number;
  bad: number;
}

/** Counts deliveries by hour (%Y%m%d.%H), in the order in which the hours first came. */
export class FeedTally {
  readonly hours = new Map<string, HourTally>();

  add(record: FeedRecord): void {
    const hour = this.hours.get(record.hour) ?? emptyTally();
    this.hours.set(record.hour, hour);
    switch (record.kind) {
      case 'event':
        hour.events++;
        if (record.late) hour.late++;
        break;
      case 'duplicate':
        if (record.toKafka) hour.duplicatesInKafka++;
        if (record.toFile) hour.duplicatesInFiles++;
        break;
      case 'bad':
        hour.bad++;
        break;
    }
  }

  get total(): HourTally {
    const total = emptyTally();
    for (const hour of this.hours.values()) {
      for (const key of Object.keys(total) as (keyof HourTally)[]) total[key] += hour[key]; // Its own keys.
    }
    return total;
  }
}

export const kafkaMessagesOf = (tally: HourTally): number => tally.events + tally.duplicatesInKafka + tally.bad;
export const fileLinesOf = (tally: HourTally): number => tally.events + tally.duplicatesInFiles + tally.bad;

function emptyTally(): HourTally {
  return { events: 0, late: 0, duplicatesInKafka: 0, duplicatesInFiles: 0, bad: 0 };
}
