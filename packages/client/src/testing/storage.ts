import type { TokenStorage } from '../tokens/local-storage.ts';

/** A storage whose `methods` throw, as a browser's does when storage is blocked or full. */
export function throwingStorage(
  methods: ReadonlySet<keyof TokenStorage>,
  entries: Map<string, string> = new Map(),
): TokenStorage {
  const orThrow = <TResult>(name: keyof TokenStorage, act: () => TResult): TResult => {
    if (methods.has(name)) throw new DOMException('blocked', 'SecurityError');
    return act();
  };
  return {
    getItem: (name) => orThrow('getItem', () => entries.get(name) ?? null),
    setItem: (name, value) => orThrow('setItem', () => void entries.set(name, value)),
    removeItem: (name) => orThrow('removeItem', () => void entries.delete(name)),
  };
}

/** Changes `localStorage` as another tab would, and sends the event that this tab would get. */
export function inAnotherTab(act: (storage: Storage) => void, changedKey: string | null = 'trpc-sessions.token'): void {
  act(localStorage);
  window.dispatchEvent(new StorageEvent('storage', { key: changedKey, storageArea: localStorage }));
}
