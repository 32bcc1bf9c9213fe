/**
 * Where the access token is kept: `null` when signed out. Write your own for React Native, an extension or a keychain
 * read into memory.
 *
 * - `get` is asked for every request, so it is cheap and returns at once.
 * - `set` tells listeners when the token is another one than before.
 * - `subscribe` returns what unsubscribes.
 */
export interface TokenStore {
  get(): string | null;
  set(token: string | null): void;
  subscribe(listener: () => void): () => void;
}

/** The part of the Web Storage API that {@link localStorageTokenStore} needs. */
export type TokenStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What {@link localStorageTokenStore} takes. */
export interface LocalStorageTokenStoreOptions {
  /** The name of the entry. @defaultValue `'trpc-sessions.token'` */
  readonly key?: string | undefined;
  /** Where to keep it, such as `sessionStorage`. @defaultValue `localStorage`, or memory where there is none */
  readonly storage?: TokenStorage | undefined;
}

/**
 * Keeps the token in memory: it is gone with the page, and other tabs do not see it.
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
  let kept = token;
  const get = () => kept;
  const listeners = createListeners(get);
  return {
    get,
    set(next) {
      kept = next;
      listeners.announce();
    },
    subscribe: listeners.subscribe,
  };
}

/**
 * Keeps the token in `localStorage`, so that it outlives the page and all tabs of the site share it: signing in or out
 * in one shows in the others. Where storage is blocked, full or absent it keeps the token in memory, and throws nothing.
 *
 * On a server, where there is no `localStorage`, make one store per request: memory is shared.
 *
 * @example
 * ```ts
 * import { localStorageTokenStore } from '@trpc-sessions/client';
 *
 * const tokens = localStorageTokenStore();
 * const untilTheTabCloses = localStorageTokenStore({ storage: sessionStorage });
 * ```
 */
export function localStorageTokenStore(options: LocalStorageTokenStoreOptions = {}): TokenStore {
  const { key = 'trpc-sessions.token', storage = browserStorage() } = options;
  /** What storage would not keep, for as long as it would not. */
  let unkept: { readonly token: string | null } | undefined;

  function get(): string | null {
    if (unkept !== undefined) return unkept.token;
    try {
      return storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  // Another tab could write: what it wrote is newer than what this one could not.
  const onWrite = () => void (unkept = undefined);
  const listeners = createListeners(get, (announce) => watchOtherTabs(key, onWrite, announce));

  return {
    get,
    set(token) {
      unkept = write(storage, key, token) ? undefined : { token };
      listeners.announce();
    },
    subscribe: listeners.subscribe,
  };
}

/**
 * Drops a token that is no longer good, unless the store holds another one by now: a login that finished meanwhile
 * must not be undone.
 */
export function dropToken(tokens: TokenStore, token: string | null): void {
  if (token !== null && tokens.get() === token) tokens.set(null);
}

/** Answers whether storage has taken it. If not, it does not keep a former token either: a reload would sign in with that. */
function write(storage: TokenStorage | undefined, key: string, token: string | null): boolean {
  if (storage === undefined) return false;
  try {
    if (token === null) storage.removeItem(key);
    else storage.setItem(key, token);
    return true;
  } catch {
    if (token !== null) write(storage, key, null);
    return false;
  }
}

function browserStorage(): TokenStorage | undefined {
  // Some servers have a `localStorage` too, shared by everyone they serve: only a page's own will do.
  if (typeof window === 'undefined') return undefined;
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

function watchOtherTabs(key: string, onWrite: () => void, announce: () => void): () => void {
  // React Native has a `window`, and no events for it.
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => {};
  const onStorage = (event: StorageEvent) => {
    // A `null` key is `storage.clear()`.
    if (event.key !== key && event.key !== null) return;
    onWrite();
    announce();
  };
  // A page that comes back from the back/forward cache has missed the events of its absence.
  const onPageShow = (event: PageTransitionEvent) => event.persisted && announce();
  window.addEventListener('storage', onStorage);
  window.addEventListener('pageshow', onPageShow);
  return () => {
    window.removeEventListener('storage', onStorage);
    window.removeEventListener('pageshow', onPageShow);
  };
}

interface Listeners {
  readonly announce: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** Tells listeners when what `read` returns has changed. `watch` looks elsewhere for changes, while someone listens. */
function createListeners(
  read: () => string | null,
  watch: (announce: () => void) => () => void = () => () => {},
): Listeners {
  const listeners = new Set<{ readonly call: () => void }>();
  let seen: string | null = null;
  let unwatch = () => {};

  function announce(): void {
    const token = read();
    if (token === seen) return;
    seen = token;
    for (const { call } of listeners) {
      try {
        call();
      } catch (error) {
        // It is no fault of the others, nor of the login that is under way: uncaught, it is heard all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  return {
    announce,
    subscribe(call) {
      if (listeners.size === 0) {
        seen = read();
        unwatch = watch(announce);
      }
      const listener = { call };
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) unwatch();
      };
    },
  };
}
