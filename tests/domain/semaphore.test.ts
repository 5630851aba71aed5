import { Semaphore } from '../../domain/semaphore';

describe('Semaphore', () => {
  it('lets one after the other through, in order, also past a failure', async () => {
    const semaphore = new Semaphore(1);
    const events: string[] = [];
    const pass = (name: string, fails = false): Promise<void> =>
      semaphore.run(async () => {
        events.push(`${name} in`);
        await Promise.resolve();
        events.push(`${name} out`);
        if (fails) throw new Error(name);
      });
    await Promise.allSettled([pass('a'), pass('b', true), pass('c')]);
    expect(events).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });
});
