import type { SessionError } from '@trpc-sessions/core';
import type { TRPCProcedureType as ProcedureType } from '@trpc/server';
import { isObservable, observable, type Observable } from '@trpc/server/observable';
import { refusal, refusalOf } from '../errors.ts';

/** Watches the session of a stream, from when somebody reads it. Returns a function that stops. */
export type WatchStream = (onEnd: (error: SessionError) => void) => () => void;

/** What a procedure may answer with that goes on after the call: of a subscription, or of a query that streams. */
export type Stream = AsyncIterable<unknown> | Observable<unknown, unknown>;

/** As tRPC tells them: an observable is any object that has a `subscribe`, so only a subscription's is taken for one. */
export function isStream(data: unknown, type: ProcedureType): data is Stream {
  if (typeof data !== 'object' || data === null) return false;
  return Symbol.asyncIterator in data || (type === 'subscription' && isObservable(data));
}

/** Has a stream end with the session that it was opened on, and gives the refusals that are thrown inside it their code. */
export function guardStream(stream: Stream, watch: WatchStream): Stream {
  return Symbol.asyncIterator in stream ? guardIterable(stream, watch) : guardObservable(stream, watch);
}

async function* guardIterable(source: AsyncIterable<unknown>, watch: WatchStream): AsyncGenerator<unknown, unknown> {
  const iterator = source[Symbol.asyncIterator]();
  let ended: Error | undefined;
  let refuse: ((error: Error) => void) | undefined;
  const stop = watch((error) => {
    ended = refusal(error);
    refuse?.(ended);
  });

  /** What comes first: the next of the source, or the end of the session. */
  function nextOrEnd(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      refuse = reject;
      iterator.next().then(resolve, reject);
    });
  }

  try {
    for (;;) {
      const result = await nextOrEnd();
      if (result.done === true) return result.value;
      yield result.value;
    }
  } catch (error) {
    throw refusalOf(error);
  } finally {
    stop();
    void close(iterator);
  }
}

/** It may be waiting for what never comes, so nobody waits for it in turn, nor minds what it throws. */
async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Nobody reads it any longer.
  }
}

/** What tRPC had for streams before it took iterables. */
function guardObservable(source: Observable<unknown, unknown>, watch: WatchStream): Observable<unknown, unknown> {
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
