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

  it('ends the wait of a call that is cancelled, and lets the next one through', async () => {
    const semaphore = new Semaphore(1);
    const cancel = new AbortController();
    const passed: string[] = [];
    let end: () => void = () => undefined;
    const first = semaphore.run(() => new Promise<void>((resolve) => (end = resolve)));
    const waits = jest.fn();
    const second = semaphore.run(() => Promise.resolve(passed.push('second')), {
      signal: cancel.signal,
      onWait: waits,
    });
    const third = semaphore.run(() => Promise.resolve(passed.push('third')));
    cancel.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    end();
    await Promise.all([first, third]);
    expect([passed, waits.mock.calls]).toEqual([['third'], [[]]]);
  });
});
