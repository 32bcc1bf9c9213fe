import { describe, expect, test } from 'vitest';
import { createPasswordQueue, type PasswordQueue } from './queue.ts';

function createWorld(maxWaiting = 4) {
  const queue = createPasswordQueue({ maxRunning: 1, maxWaiting });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    queue,
    begun,
    run: (name: string, network: string, signal?: AbortSignal) =>
      queue.run(
        async () => {
          begun.push(name);
          await new Promise<void>((resolve) => ends.push(resolve));
          return name;
        },
        network,
        signal,
      ),
    async endOne() {
      ends.shift()?.();
      // The end begins the next job in microtasks.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const refused = expect.objectContaining({ reason: 'too_many_attempts', retryAfter: expect.any(Number) });

describe('password work', () => {
  test('runs a few at a time', async () => {
    const w = createWorld();
    const jobs = ['a', 'b'].map((name) => w.run(name, 'one'));
    expect(w.begun).toEqual(['a']);
    await w.endOne();
    expect(w.begun).toEqual(['a', 'b']);
    await w.endOne();
    expect(await Promise.all(jobs)).toEqual(['a', 'b']);
  });

  test('of another network comes next, whatever one network has waiting', async () => {
    const w = createWorld();
    const flood = ['f1', 'f2', 'f3'].map((name) => w.run(name, 'flood'));
    const honest = w.run('honest', 'home');
    await w.endOne();
    // The flood has its turn already.
    expect(w.begun).toEqual(['f1', 'honest']);
    await w.endOne();
    expect(await honest).toBe('honest');
    await w.endOne();
    await w.endOne();
    expect(w.begun).toEqual(['f1', 'honest', 'f2', 'f3']);
    await Promise.all(flood);
  });

  test('past the bound is refused, with the time to try again', async () => {
    const w = createWorld(2);
    const jobs = ['a', 'b', 'c'].map((name) => w.run(name, 'one'));
    await expect(w.run('d', 'one')).rejects.toEqual(refused);
    for (let n = 0; n < 3; n += 1) await w.endOne();
    expect(await Promise.all(jobs)).toEqual(['a', 'b', 'c']);
  });

  test('of a full queue makes place for a network that has nothing waiting', async () => {
    const w = createWorld(2);
    const flood = ['a', 'b', 'c'].map((name) => w.run(name, 'flood'));
    const honest = w.run('honest', 'home');
    await expect(flood[2]).rejects.toEqual(refused);
    for (let n = 0; n < 3; n += 1) await w.endOne();
    expect(await honest).toBe('honest');
    expect(w.begun).toEqual(['a', 'honest', 'b']);
  });

  test('of a caller who has gone is dropped, and frees its place', async () => {
    const w = createWorld(1);
    const first = w.run('first', 'one');
    const gone = new AbortController();
    const dropped = w.run('dropped', 'one', gone.signal);
    gone.abort(new Error('gone'));
    await expect(dropped).rejects.toThrow('gone');
    const next = w.run('next', 'one');
    await w.endOne();
    await w.endOne();
    expect(await Promise.all([first, next])).toEqual(['first', 'next']);
    expect(w.begun).toEqual(['first', 'next']);
    await expect(w.run('late', 'one', gone.signal)).rejects.toThrow('gone');
  });

  test('that fails or throws leaves the queue running', async () => {
    const { queue } = createWorld();
    const fail = (): Promise<never> => Promise.reject(new Error('broken'));
    await expect(queue.run(fail, 'one', undefined)).rejects.toThrow('broken');
    await expect(queue.run(() => Promise.resolve('fine'), 'one', undefined)).resolves.toBe('fine');
  });

  test('keeps no network that has nothing waiting', async () => {
    const queue: PasswordQueue = createPasswordQueue({ maxRunning: 1, maxWaiting: 1000 });
    const work = Array.from({ length: 500 }, (_, n) => queue.run(() => Promise.resolve(n), String(n), undefined));
    expect(await Promise.all(work)).toHaveLength(500);
  });
});
