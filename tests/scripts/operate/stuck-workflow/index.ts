/** A speed layer whose workflow tasks all fail, as after a fault of an earlier version. */
export function speedLayer(): Promise<never> {
  return Promise.reject(new Error('a fault of an earlier version'));
}
