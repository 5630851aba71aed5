/** A speed layer each of whose workflow tasks fails, as by a fault of an earlier version. */
export function speedLayer(): Promise<never> {
  return Promise.reject(new Error('a fault of an earlier version'));
}
