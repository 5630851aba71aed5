import type { ProgressCounter } from './build-plan';

/** The progress of a build. */
export interface BuildProgress {
  /** Lines read. */
  readonly rows: number;
  /** Bytes of text, after decompression. */
  readonly bytes: number;
  /** Bytes copied from the input's storage, as they are there; 0 for a local folder. */
  readonly fetchedBytes: number;
  /** Bytes of the built day that were sent to the output's storage; 0 for a local folder. */
  readonly sentBytes: number;
  readonly hoursDone: number;
  readonly hoursTotal: number;
  readonly rowsPerSecond: number;
}

const INTERVAL = 1000;

/** Counts what a build does and calls `onProgress` once a second and at the end. */
export function startProgress(onProgress?: (progress: BuildProgress) => void): ProgressCounter & { stop(): void } {
  const began = performance.now();
  let [rows, bytes, fetchedBytes, sentBytes, hoursDone, hoursTotal] = [0, 0, 0, 0, 0, 0];
  const report = (): void => {
    const seconds = (performance.now() - began) / 1000;
    const rowsPerSecond = Math.round(rows / Math.max(seconds, 0.001));
    onProgress?.({ rows, bytes, fetchedBytes, sentBytes, hoursDone, hoursTotal, rowsPerSecond });
  };
  const timer = onProgress && setInterval(report, INTERVAL);
  return {
    addRows(added, addedBytes) {
      rows += added;
      bytes += addedBytes;
    },
    addFetched(added) {
      fetchedBytes += added;
    },
    addSent(added) {
      sentBytes += added;
    },
    hourDone() {
      hoursDone += 1;
    },
    hoursTotal(hours) {
      hoursTotal = hours;
    },
    stop() {
      clearInterval(timer);
      report();
    },
  };
}

/** What went over the network, for people: for example '12.3 MB fetched' and '4.0 MB sent'. Empty if nothing did. */
export function transferTexts({
  fetchedBytes,
  sentBytes,
}: Pick<BuildProgress, 'fetchedBytes' | 'sentBytes'>): string[] {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    ...(fetchedBytes === 0 ? [] : [`${megabytes(fetchedBytes)} fetched`]),
    ...(sentBytes === 0 ? [] : [`${megabytes(sentBytes)} sent`]),
  ];
}
