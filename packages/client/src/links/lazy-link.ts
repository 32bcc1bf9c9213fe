import { TRPCClientError, type OperationLink, type TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable, type Unsubscribable } from '@trpc/server/observable';

/** A link that is loaded for its first call. If loading fails, the call fails, and the next call loads again. */
export function lazyLink<TRouter extends AnyTRPCRouter>(load: () => Promise<TRPCLink<TRouter>>): TRPCLink<TRouter> {
  return (runtime) => {
    let loading: Promise<OperationLink<TRouter>> | undefined;
    return ({ op, next }) =>
      observable((observer) => {
        let subscription: Unsubscribable | undefined;
        let isStopped = false;
        async function send(): Promise<void> {
          try {
            const link = await (loading ??= load().then((loaded) => loaded(runtime)));
            if (!isStopped) subscription = link({ op, next }).subscribe(observer);
          } catch (error) {
            loading = undefined;
            observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error))));
          }
        }
        void send();
        return () => {
          isStopped = true;
          subscription?.unsubscribe();
          observer.complete();
        };
      });
  };
}
