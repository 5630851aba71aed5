/** A run's memo in the Temporal UI: why it was started, by whom, and with which options. */
export interface RunMemo extends Record<string, unknown> {
  readonly trigger: 'by hand' | 'restore' | 'backfill' | 'nightly' | 'missed night' | 'late data' | 'schedule';
  /** user@machine for a person, else the id of the schedule or the workflow. */
  readonly startedBy: string;
  /** The options of the run besides its pipeline and its date; absent if there are none. */
  readonly options?: object;
}
