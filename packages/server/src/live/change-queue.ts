import { TRPCError } from '@trpc/server';
import type { SessionChange } from './session-changes.ts';

/** The changes that a reader has not read yet. */
export interface ChangeQueue {
  /** Whether the reader still needs the whole list. */
  needsList: boolean;
  push(change: SessionChange): void;
  /**
   * Waits for the next change. `'alive'` after a while without one, and `undefined` when the queue is closed.
   *
   * @throws {TRPCError} `SERVICE_UNAVAILABLE`: the reader was too slow
   */
  next(): Promise<SessionChange | 'alive' | undefined>;
  close(): void;
}

/** How many changes may wait for a reader: it is closed if more come. One look may find 200, if all listed sessions end and others are listed. */
const maxWaiting = 300;

/** After how long without a change a sign of life is sent, in milliseconds. Proxies close connections that are silent for a minute. */
const aliveInterval = 30_000;

/** @param onClose - called once */
export function createChangeQueue(onClose: () => void): ChangeQueue {
  let waiting: SessionChange[] = [];
  let state: 'open' | 'closed' | 'overrun' = 'open';
  let wake: (() => void) | undefined;

  function end(as: 'closed' | 'overrun'): void {
    if (state !== 'open') return;
    state = as;
    waiting = [];
    wake?.();
    onClose();
  }

  /** Returns whether it was woken. */
  function wait(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), aliveInterval);
      // On Cloudflare Workers it can be a number.
      timer.unref?.();
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  return {
    needsList: true,
    push(change) {
      if (state !== 'open') return;
      waiting.push(change);
      if (waiting.length > maxWaiting) return end('overrun');
      wake?.();
    },
    async next() {
      for (;;) {
        const change = waiting.shift();
        if (change !== undefined) return change;
        if (state === 'closed') return undefined;
        if (state === 'overrun') {
          throw new TRPCError({
            code: 'SERVICE_UNAVAILABLE',
            message: 'This stream is read too slowly: open it again.',
          });
        }
        const isWoken = await wait();
        wake = undefined;
        if (!isWoken) return 'alive';
      }
    },
    close: () => end('closed'),
  };
}
