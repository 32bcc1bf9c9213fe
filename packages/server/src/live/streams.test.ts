import { SessionError } from '@trpc-sessions/core';
import { expect, test, vi } from 'vitest';
import { guardResult, type StreamGuard } from './streams.ts';

/** A guard, and the end of its session. */
function createGuard(signal?: AbortSignal) {
  const listeners = new Set<(error: SessionError) => void>();
  const guard: StreamGuard = {
    signal,
    watch(onEnd) {
      listeners.add(onEnd);
      return () => void listeners.delete(onEnd);
    },
  };
  const end = () => {
    for (const onEnd of listeners) onEnd(new SessionError('revoked_session'));
  };
  return { guard, end, listeners };
}

async function* endless() {
  for (let n = 0; ; n += 1) yield n;
}

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

/** An iterable that never yields, nor ends. */
const silent: AsyncIterable<number> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
};

const refused = { code: 'UNAUTHORIZED', cause: { reason: 'revoked_session' } };

interface Result {
  readonly stream: AsyncIterable<number>;
  readonly later: Promise<{ readonly stream: AsyncIterable<number> }>;
}

test.each<[string, () => unknown, (guarded: never) => AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>>]>([
  ['the result itself', () => endless(), (it: AsyncIterable<number>) => it],
  ['a property', () => ({ stream: endless() }), (it: Result) => it.stream],
  [
    'a property of a promise',
    () => ({ later: Promise.resolve({ stream: endless() }) }),
    async (it: Result) => (await it.later).stream,
  ],
  [
    'a property of a value that an iterable yields',
    async function* () {
      yield { stream: endless() };
    },
    async (it: AsyncIterable<Result>) => {
      for await (const { stream } of it) return stream;
      return expect.unreachable();
    },
  ],
])('a stream ends with its session when it is %s', async (_, make, streamOf) => {
  const { guard, end } = createGuard();
  const stream = await streamOf(guardResult(make(), 'query', guard) as never);
  const iterator = stream[Symbol.asyncIterator]();
  for (let n = 0; n < 3; n += 1) expect(await iterator.next()).toMatchObject({ done: false });
  end();
  await expect(iterator.next()).rejects.toMatchObject(refused);
});

test('a promise in a result is refused when the session ends before it settles', async () => {
  const { guard, end } = createGuard();
  const { later } = guardResult({ later: new Promise(() => {}) }, 'query', guard) as Result;
  end();
  await expect(later).rejects.toMatchObject(refused);
});

test('a promise that is refused and never read is no unhandled rejection', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const { guard, end } = createGuard();
  guardResult({ later: new Promise(() => {}) }, 'query', guard);
  end();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('a refusal that a promise or a stream throws has its own code', async () => {
  const { guard } = createGuard();
  const stale = new SessionError('fresh_session_required');
  async function* failing() {
    yield 0;
    throw stale;
  }
  const result = guardResult({ later: Promise.reject(stale), stream: failing() }, 'query', guard) as Result;
  await expect(result.later).rejects.toMatchObject({ code: 'FORBIDDEN', cause: stale });
  await expect(readAll(result.stream)).rejects.toMatchObject({ code: 'FORBIDDEN', cause: stale });
});

test('nothing is watched once the values are there, or the reader has gone', async () => {
  const controller = new AbortController();
  const { guard, listeners } = createGuard(controller.signal);
  const settled = guardResult({ later: Promise.resolve(1) }, 'query', guard) as { later: Promise<number> };
  expect(await settled.later).toBe(1);
  expect(listeners.size).toBe(0);

  guardResult({ later: new Promise(() => {}) }, 'query', guard);
  const { stream } = guardResult({ stream: silent }, 'query', guard) as Result;
  const reading = readAll(stream);
  expect(listeners.size).toBe(2);
  controller.abort();
  expect(await reading).toEqual([]);
  expect(listeners.size).toBe(0);
});

test('a result without streams is given as it is, whatever its class', () => {
  const { guard } = createGuard();
  for (const result of [undefined, null, 'text', 7, [Promise.resolve(1)], new Map(), new Date(), { a: { b: 1 } }]) {
    expect(guardResult(result, 'query', guard)).toBe(result);
  }
});
