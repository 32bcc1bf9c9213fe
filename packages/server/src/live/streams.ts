import type { TRPCProcedureType as ProcedureType } from '@trpc/server';
import { isObservable, observable, type Observable } from '@trpc/server/observable';
import { refusal, refusalOf } from '../errors.ts';
import type { OnEnd } from './session-watch.ts';

/** How the streams of one call end with its session. */
export interface StreamGuard {
  /** Watches the session, from now until the function that it returns is called. */
  readonly watch: (onEnd: OnEnd) => () => void;
  /** Aborted when the reader has gone. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Has the streams of a result end with the session, and gives the refusals that are thrown inside them their code. A
 * subscription is a stream; of a query, `httpBatchStreamLink` streams the result itself, the promises and iterables in its
 * direct properties, and again those in their values.
 */
export function guardResult(result: unknown, type: ProcedureType, guard: StreamGuard): unknown {
  // To tRPC any object with a `subscribe` is an observable, so only a subscription's is one.
  if (type === 'subscription' && isObservable(result)) return guardObservable(result, guard);
  return guardValue(result, guard);
}

/** Answers whether a result may be or hold a stream: most are plain values, which need no guard. */
export function mayStream(result: unknown): boolean {
  return (typeof result === 'object' && result !== null) || typeof result === 'function';
}

/** Answers whether a result is itself a stream, as tRPC decides. */
export function isStream(result: unknown, type: ProcedureType): boolean {
  return isAsyncIterable(result) || (type === 'subscription' && isObservable(result));
}

function guardValue(value: unknown, guard: StreamGuard): unknown {
  if (isAsyncIterable(value)) return guardIterable(value, guard);
  if (isPromise(value)) return guardPromise(value, guard);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const items: [string, unknown][] = Object.entries(value);
  const streams = items.filter(([, item]) => isAsyncIterable(item) || isPromise(item));
  if (streams.length === 0) return value;
  const guarded = Object.fromEntries(streams.map(([name, stream]) => [name, guardValue(stream, guard)]));
  return Object.create(Object.getPrototypeOf(value), {
    ...Object.getOwnPropertyDescriptors(value),
    ...Object.getOwnPropertyDescriptors(guarded),
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** As tRPC decides. */
function isPromise(value: unknown): value is Promise<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return ['then', 'catch'].every((name) => typeof Reflect.get(value, name) === 'function');
}

function guardPromise(source: Promise<unknown>, guard: StreamGuard): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const stop = guard.watch((error) => reject(refusal(error)));
  if (guard.signal?.aborted === true) stop();
  guard.signal?.addEventListener('abort', stop, { once: true });

  async function settle(): Promise<void> {
    try {
      resolve(guardValue(await source, guard));
    } catch (error) {
      reject(refusalOf(error));
    } finally {
      stop();
    }
  }

  void settle();
  // tRPC never reads it for a client without streams, and a rejection that is never read would end the process.
  promise.catch(() => {});
  return promise;
}

/** How an iterable was ended: with a refusal, or because its reader has gone. */
interface Ending {
  readonly refusal: Error | undefined;
}

async function* guardIterable(source: AsyncIterable<unknown>, guard: StreamGuard): AsyncGenerator<unknown, unknown> {
  const { signal } = guard;
  const iterator = source[Symbol.asyncIterator]();
  let ending: Ending | undefined;
  let onEnding: ((how: Ending) => void) | undefined;

  function end(how: Ending): void {
    ending ??= how;
    onEnding?.(ending);
  }

  const leave = (): void => end({ refusal: undefined });
  const stop = guard.watch((error) => end({ refusal: refusal(error) }));
  signal?.addEventListener('abort', leave, { once: true });
  if (signal?.aborted === true) leave();

  /** The next value of the source, unless the stream ends before it comes. */
  function nextOrEnd(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      onEnding = (how) => (how.refusal === undefined ? resolve({ done: true, value: undefined }) : reject(how.refusal));
      if (ending === undefined) iterator.next().then(resolve, reject);
      else onEnding(ending);
    });
  }

  try {
    for (;;) {
      const result = await nextOrEnd();
      const value = guardValue(result.value, guard);
      if (result.done === true) return value;
      yield value;
    }
  } catch (error) {
    throw refusalOf(error);
  } finally {
    stop();
    signal?.removeEventListener('abort', leave);
    void close(iterator);
  }
}

/** Does not wait: the source may be waiting for a value that never comes. */
async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Its reader has gone.
  }
}

/** The form that streams had in tRPC before iterables. */
function guardObservable(source: Observable<unknown, unknown>, { watch }: StreamGuard): Observable<unknown, unknown> {
  return observable((observer) => {
    const stop = watch((error) => observer.error(refusal(error)));
    const subscription = source.subscribe({
      next: (value) => observer.next(value),
      error: (error) => observer.error(refusalOf(error)),
      complete: () => observer.complete(),
    });
    return () => {
      stop();
      subscription.unsubscribe();
    };
  });
}
