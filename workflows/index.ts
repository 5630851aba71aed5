export { dailyBatch } from './daily-batch';
export { nightlyBatch } from './nightly-batch';
export { speedLayer } from './speed-layer';
