/** What each activity does: its summary in the Temporal UI, and the text that the command line shows while it runs. */
export const ACTIVITY_SUMMARIES = {
  planDay: 'fix what the day is',
  awaitSettledInput: 'wait until the input files are quiet',
  buildDay: 'read, deduplicate and join the hourly files',
  chooseVersion: 'choose the version to bring back',
  republish: 'publish the kept version',
  checkGate: 'compare the batch with what realtime serves',
  sealDay: 'close the day to realtime',
  reindexDay: 'have Druid replace the day',
  endReindexTasks: 'end reindex tasks that were left behind',
  proveDay: 'compare Druid’s rows with the batch’s',
  // The last step of a day. Whoever opens the run sees it first.
  storeReconciliation: 'store the day’s table, which User Metadata shows',
  selectBackfillDays: 'select the days',
  joinDay: 'wait for the run of the day that is under way',
  findLateData: 'compare the files of the last days with their builds',
  notify: 'send the notices to the webhooks',
  findOverdue: 'see whether the day is proven',
  prepareSpeedLayer: 'make sure that topics and supervisor are there',
  runSpeedShard: 'read, transform and write a share of the partitions',
  watchSupervisor: 'watch Druid’s supervisor',
  tellPartitions: 'read the state of the partitions',
} as const;
