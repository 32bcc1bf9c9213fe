import { createListeners } from './listeners.ts';
import { storedReason, storedText, tokenOrNull, type TokenStore } from './token-store.ts';

/**
 * Keeps the token in memory: it is gone when the page closes, and other tabs do not see it.
 *
 * @param token - The token to start with. @defaultValue `null`
 * @example
 * ```ts
 * import { memoryTokenStore } from '@trpc-sessions/client';
 *
 * const tokens = memoryTokenStore();
 * ```
 */
export function memoryTokenStore(token: string | null = null): TokenStore {
  let kept = tokenOrNull(token);
  let mark: string | null = null;
  const get = () => tokenOrNull(kept);
  const listeners = createListeners(() => kept);
  return {
    get,
    set(next, reason) {
      kept = storedText(tokenOrNull(next), reason);
      listeners.announce();
    },
    subscribe: listeners.subscribe,
    reason: () => storedReason(kept),
    mark: {
      get: () => mark,
      set: (text) => void (mark = text),
    },
  };
}
