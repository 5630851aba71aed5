/** What all of the work gives. Waits for all of it, so that nothing goes on after a failure; then throws the first one. */
export async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  return (await Promise.allSettled(work)).map((done) => {
    if (done.status === 'rejected') throw done.reason;
    return done.value;
  });
}
