export { backfill } from './backfill';
export { dailyBatch } from './daily-batch';
export { deadlineWatch } from './deadline-watch';
export { lateDataWatch } from './late-data-watch';
export { nightlyBatch } from './nightly-batch';
export { speedLayer } from './speed-layer';
