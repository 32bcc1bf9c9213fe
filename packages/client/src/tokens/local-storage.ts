import { requireMethods, requireOptions } from '../options.ts';
import type { DeviceMarkStore } from './device-mark.ts';
import { createListeners } from './listeners.ts';
import { storedReason, storedText, tokenOrNull, type TokenStore } from './token-store.ts';

/** The part of the Web Storage API that {@link localStorageTokenStore} needs. */
export type TokenStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Options of {@link localStorageTokenStore}. */
export interface LocalStorageTokenStoreOptions {
  /** The name of the entry. @defaultValue `'trpc-sessions.token'` */
  readonly key?: string | undefined;
  /** Another storage, such as `sessionStorage`. @defaultValue `localStorage`; memory if the platform has none */
  readonly storage?: TokenStorage | undefined;
}

/**
 * Keeps the token in `localStorage`: it outlives the page, and all tabs of the site share it. Signing in or out in one
 * tab shows in the others. If storage is blocked, full or absent, the token stays in memory, and nothing throws.
 *
 * On a server, which has no `localStorage`, make one store for each request: memory is shared.
 *
 * @throws {TypeError} naming a wrong option
 * @example
 * ```ts
 * import { localStorageTokenStore } from '@trpc-sessions/client';
 *
 * const tokens = localStorageTokenStore();
 * const untilTheTabCloses = localStorageTokenStore({ storage: sessionStorage });
 * ```
 */
export function localStorageTokenStore(options: LocalStorageTokenStoreOptions = {}): TokenStore {
  requireOptions(options, ['key', 'storage']);
  const { key = 'trpc-sessions.token', storage = browserStorage() } = options;
  if (typeof key !== 'string') throw new TypeError('key: expected a text');
  if (storage !== undefined) {
    requireMethods('storage', storage, ['getItem', 'setItem', 'removeItem'], () => storage.getItem(key));
  }
  /** The text that storage has rejected; `undefined` while storage works. */
  let rejected: { readonly text: string | null } | undefined;

  /** One text, so that other tabs see a token go and its reason come at once. */
  function read(): string | null {
    if (rejected !== undefined) return rejected.text;
    try {
      return storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }
  const get = () => tokenOrNull(read());

  // If another tab can write to storage, its token is newer than the one that this tab could not write.
  const onWrite = () => void (rejected = undefined);
  const listeners = createListeners(read, (announce) => watchOtherTabs(key, onWrite, announce));

  return {
    get,
    set(next, reason) {
      const text = storedText(tokenOrNull(next), reason);
      rejected = write(storage, key, text) ? undefined : { text };
      listeners.announce();
    },
    subscribe: listeners.subscribe,
    reason: () => storedReason(read()),
    mark: createMarkStore(storage, `${key}.mark`),
  };
}

function createMarkStore(storage: TokenStorage | undefined, key: string): DeviceMarkStore {
  let inMemory: string | null = null;
  return {
    get: () => inMemory ?? storage?.getItem(key) ?? null,
    set: (mark) => void (inMemory = write(storage, key, mark) ? null : mark),
  };
}

/** Returns whether the write succeeded. If not, it removes the former token: a reload would sign in with it. */
function write(storage: TokenStorage | undefined, key: string, text: string | null): boolean {
  if (storage === undefined) return false;
  try {
    if (text === null) storage.removeItem(key);
    else storage.setItem(key, text);
    return true;
  } catch {
    if (text !== null) write(storage, key, null);
    return false;
  }
}

function browserStorage(): TokenStorage | undefined {
  // Some servers have a `localStorage` too, which all requests share: use it in a page only.
  if (typeof window === 'undefined') return undefined;
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

function watchOtherTabs(key: string, onWrite: () => void, announce: () => void): () => void {
  // React Native has a `window`, but no events on it.
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => {};
  const onStorage = (event: StorageEvent) => {
    // A `null` key means `storage.clear()`.
    if (event.key !== key && event.key !== null) return;
    onWrite();
    announce();
  };
  // A page that comes back from the back/forward cache has missed the events in between.
  const onPageShow = (event: PageTransitionEvent) => event.persisted && announce();
  window.addEventListener('storage', onStorage);
  window.addEventListener('pageshow', onPageShow);
  return () => {
    window.removeEventListener('storage', onStorage);
    window.removeEventListener('pageshow', onPageShow);
  };
}
