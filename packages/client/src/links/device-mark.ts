import type { Operation, OperationLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { readMark, withMark } from '../tokens/device-mark.ts';
import type { TokenStore } from '../tokens/token-store.ts';

type Next<TRouter extends AnyTRPCRouter> = Parameters<OperationLink<TRouter>>[0]['next'];

/**
 * Sends a call, with the mark of the device.
 *
 * @param tokens - the store of the mark; `undefined` for a call that takes none
 */
export function withDeviceMark<TRouter extends AnyTRPCRouter>(
  op: Operation,
  tokens: TokenStore | undefined,
  next: Next<TRouter>,
): ReturnType<Next<TRouter>> {
  const mark = tokens === undefined ? null : readMark(tokens);
  const send = (text: string | null): ReturnType<Next<TRouter>> =>
    next(text === null ? op : { ...op, input: withMark(op.input, text) });
  if (mark === null || typeof mark === 'string') return send(mark);
  return observable((observer) => {
    let isOver = false;
    let stop = (): void => {
      isOver = true;
    };
    void (async () => {
      const text = await mark;
      if (isOver) return;
      const subscription = send(text).subscribe(observer);
      stop = () => subscription.unsubscribe();
    })();
    return () => stop();
  });
}
