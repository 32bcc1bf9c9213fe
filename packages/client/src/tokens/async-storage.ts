import { requireMethods, requireOptions } from '../options.ts';
import { createListeners } from './listeners.ts';
import { storedReason, storedText, tokenOrNull, type AsyncTokenStore } from './token-store.ts';

/** The part of React Native's `AsyncStorage` that {@link asyncTokenStore} needs. */
export interface AsyncTokenStorage {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<unknown>;
  removeItem(key: string): Promise<unknown>;
}

/** Options of {@link asyncTokenStore}. */
export interface AsyncTokenStoreOptions {
  /** The name of the entry. @defaultValue `'trpc-sessions.token'` */
  readonly key?: string | undefined;
}

/**
 * Keeps the token in a storage that returns promises, and in memory: for React Native. Our links send nothing before the
 * first read is done. If storage fails, the token stays in memory, and nothing throws.
 *
 * @throws {TypeError} naming a wrong option
 * @example
 * ```ts
 * import { asyncTokenStore } from '@trpc-sessions/client';
 *
 * const tokens = asyncTokenStore({
 *   getItem: SecureStore.getItemAsync,
 *   setItem: SecureStore.setItemAsync,
 *   removeItem: SecureStore.deleteItemAsync,
 * });
 * ```
 */
export function asyncTokenStore(storage: AsyncTokenStorage, options: AsyncTokenStoreOptions = {}): AsyncTokenStore {
  requireMethods('storage', storage, ['getItem', 'setItem', 'removeItem']);
  requireOptions(options, ['key']);
  const { key = 'trpc-sessions.token' } = options;
  if (typeof key !== 'string') throw new TypeError('key: expected a text');

  const markKey = `${key}.mark`;
  /** A token, or why there is none. */
  let kept: string | null = null;
  let isSet = false;
  let isSaving = false;
  const get = () => tokenOrNull(kept);
  const listeners = createListeners(() => kept);

  async function load(): Promise<void> {
    let stored: string | null;
    try {
      stored = await storage.getItem(key);
    } catch {
      return;
    }
    // A token that was set in the meantime is newer.
    if (isSet) return;
    kept = stored;
    listeners.announce();
  }

  /** Writes one token at a time, so that the last one wins, and skips those that were replaced in the meantime. */
  async function save(): Promise<void> {
    if (isSaving) return;
    isSaving = true;
    let saved: string | null | undefined;
    while (saved !== kept) {
      saved = kept;
      await write(storage, key, saved);
    }
    isSaving = false;
  }

  return {
    ready: load(),
    get,
    set(token, reason) {
      kept = storedText(tokenOrNull(token), reason);
      isSet = true;
      void save();
      listeners.announce();
    },
    subscribe: listeners.subscribe,
    reason: () => storedReason(kept),
    // Read when it is needed: most starts need none.
    mark: {
      get: () => storage.getItem(markKey),
      set: (mark) => write(storage, markKey, mark),
    },
  };
}

/** If the write fails, it removes the former token: a restart would sign in with it. */
async function write(storage: AsyncTokenStorage, key: string, text: string | null): Promise<void> {
  try {
    if (text === null) await storage.removeItem(key);
    else await storage.setItem(key, text);
  } catch {
    if (text !== null) await write(storage, key, null);
  }
}
