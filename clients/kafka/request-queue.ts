import { KAFKAJS_MODULES } from './kafkajs-modules';

/** Of a connection, as kafkajs has it. */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Milliseconds since 1970; in the past if the broker does not throttle this client. */
  readonly throttledUntil: number;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

let isMended = false;

/**
 * After each answer kafkajs 2.2.4 sets a timer for its next look at the pending requests, and after each look the same,
 * also where none is pending. So each connection wakes up a thousand times a second for as long as it lives: that is 3 %
 * of a core. Node from 24 on also warns of the timer's negative time. With this, kafkajs looks only if a request is
 * pending or the broker throttles.
 */
export function mendRequestQueue(): void {
  if (isMended) return;
  isMended = true;
  const { prototype } = KAFKAJS_MODULES['kafkajs/src/network/requestQueue'] as { readonly prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
