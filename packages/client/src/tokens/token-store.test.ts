// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  dropToken,
  localStorageTokenStore,
  memoryTokenStore,
  type TokenStorage,
  type TokenStore,
} from './token-store.ts';

const key = 'trpc-sessions.token';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  localStorage.clear();
});

/** What another tab does to the storage that both share, and what the browser tells this one of it. */
function inAnotherTab(act: (storage: Storage) => void, changedKey: string | null = key): void {
  act(localStorage);
  window.dispatchEvent(new StorageEvent('storage', { key: changedKey, storageArea: localStorage }));
}

function storageThatThrows(
  methods: ReadonlySet<keyof TokenStorage>,
  kept: Map<string, string> = new Map(),
): TokenStorage {
  const orThrow = <TResult>(name: keyof TokenStorage, act: () => TResult): TResult => {
    if (methods.has(name)) throw new DOMException('blocked', 'SecurityError');
    return act();
  };
  return {
    getItem: (name) => orThrow('getItem', () => kept.get(name) ?? null),
    setItem: (name, value) => orThrow('setItem', () => void kept.set(name, value)),
    removeItem: (name) => orThrow('removeItem', () => void kept.delete(name)),
  };
}

interface TokenStoreTarget {
  readonly name: string;
  readonly create: () => TokenStore;
}

function testTokenStore({ name, create }: TokenStoreTarget): void {
  describe(`${name}, as every token store,`, () => {
    test('is signed out at first', () => {
      expect(create().get()).toBeNull();
    });

    test('gives back the token it was given, until it is given another or none', () => {
      const tokens = create();
      tokens.set('a');
      expect(tokens.get()).toBe('a');
      tokens.set('b');
      expect(tokens.get()).toBe('b');
      tokens.set(null);
      expect(tokens.get()).toBeNull();
    });

    test('tells every listener of a change, after it', () => {
      const tokens = create();
      const seen: (string | null)[] = [];
      tokens.subscribe(() => seen.push(tokens.get()));
      tokens.subscribe(() => seen.push(tokens.get()));
      tokens.set('a');
      tokens.set(null);
      expect(seen).toEqual(['a', 'a', null, null]);
    });

    test('tells nobody of a token that it holds already', () => {
      const tokens = create();
      tokens.set('a');
      const listener = vi.fn();
      tokens.subscribe(listener);
      tokens.set('a');
      expect(listener).not.toHaveBeenCalled();
    });

    test('tells a listener nothing once it has unsubscribed, twice or not, and goes on telling the others', () => {
      const tokens = create();
      const [gone, stays] = [vi.fn(), vi.fn()];
      const unsubscribe = tokens.subscribe(gone);
      tokens.subscribe(stays);
      unsubscribe();
      unsubscribe();
      tokens.set('a');
      expect(gone).not.toHaveBeenCalled();
      expect(stays).toHaveBeenCalledOnce();
    });

    test('takes one function subscribed twice for two listeners', () => {
      const tokens = create();
      const listener = vi.fn();
      tokens.subscribe(listener);
      tokens.subscribe(listener)();
      tokens.set('a');
      expect(listener).toHaveBeenCalledOnce();
    });

    test('lets a listener unsubscribe while it is told', () => {
      const tokens = create();
      const stays = vi.fn();
      const unsubscribe = tokens.subscribe(() => unsubscribe());
      tokens.subscribe(stays);
      tokens.set('a');
      expect(stays).toHaveBeenCalledOnce();
    });

    test('tells the others where a listener throws, keeps the token, and lets the error be heard', () => {
      const tokens = create();
      const uncaught: (() => void)[] = [];
      vi.stubGlobal('queueMicrotask', (task: () => void) => uncaught.push(task));
      const unsubscribe = tokens.subscribe(() => {
        throw new Error('of the app');
      });
      const other = vi.fn();
      tokens.subscribe(other);
      tokens.set('a');
      unsubscribe();
      expect(tokens.get()).toBe('a');
      expect(other).toHaveBeenCalledOnce();
      expect(uncaught).toHaveLength(1);
      expect(uncaught[0]).toThrow('of the app');
    });

    test('drops a token that was refused, and not the one that came after it', () => {
      const tokens = create();
      const listener = vi.fn();
      tokens.set('new');
      tokens.subscribe(listener);
      dropToken(tokens, 'old');
      dropToken(tokens, null);
      expect(tokens.get()).toBe('new');
      dropToken(tokens, 'new');
      dropToken(tokens, 'new');
      expect(tokens.get()).toBeNull();
      expect(listener).toHaveBeenCalledOnce();
    });
  });
}

const targets: readonly TokenStoreTarget[] = [
  { name: 'memoryTokenStore', create: () => memoryTokenStore() },
  { name: 'localStorageTokenStore', create: () => localStorageTokenStore() },
  {
    name: 'localStorageTokenStore on sessionStorage',
    create: () => localStorageTokenStore({ storage: sessionStorage, key: crypto.randomUUID() }),
  },
  {
    name: 'localStorageTokenStore where storage is full',
    create: () => localStorageTokenStore({ storage: storageThatThrows(new Set(['setItem'])) }),
  },
  {
    name: 'localStorageTokenStore where storage is blocked',
    create: () => localStorageTokenStore({ storage: storageThatThrows(new Set(['getItem', 'setItem', 'removeItem'])) }),
  },
  {
    name: 'localStorageTokenStore where merely asking for storage throws',
    create: () => {
      const asked = vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => {
        throw new DOMException('blocked', 'SecurityError');
      });
      const tokens = localStorageTokenStore();
      asked.mockRestore();
      return tokens;
    },
  },
  {
    name: 'localStorageTokenStore on a server',
    create: () => {
      vi.stubGlobal('window', undefined);
      return localStorageTokenStore();
    },
  },
  {
    name: 'localStorageTokenStore in React Native, whose window is bare,',
    create: () => {
      vi.stubGlobal('window', {});
      return localStorageTokenStore();
    },
  },
];

for (const target of targets) testTokenStore(target);

describe('memoryTokenStore', () => {
  test('starts with the token it is given', () => {
    expect(memoryTokenStore('a').get()).toBe('a');
  });
});

describe('localStorageTokenStore', () => {
  test('keeps the token under its key, and leaves nothing behind when signed out', () => {
    const tokens = localStorageTokenStore();
    tokens.set('a');
    expect(localStorage.getItem(key)).toBe('a');
    expect(localStorageTokenStore().get()).toBe('a');
    tokens.set(null);
    expect(localStorage.length).toBe(0);
  });

  test('keeps apart what has another key', () => {
    localStorageTokenStore({ key: 'app' }).set('a');
    expect(localStorageTokenStore().get()).toBeNull();
    expect(localStorage.getItem('app')).toBe('a');
  });

  test('follows another tab that signs in, signs out, or clears everything', () => {
    const tokens = localStorageTokenStore();
    const seen: (string | null)[] = [];
    tokens.subscribe(() => seen.push(tokens.get()));
    inAnotherTab((storage) => storage.setItem(key, 'a'));
    inAnotherTab((storage) => storage.removeItem(key));
    inAnotherTab((storage) => storage.setItem(key, 'b'));
    inAnotherTab((storage) => storage.clear(), null);
    expect(seen).toEqual(['a', null, 'b', null]);
  });

  test('reads what another tab wrote before the browser tells of it, and tells its listeners once', () => {
    const tokens = localStorageTokenStore();
    const listener = vi.fn();
    tokens.subscribe(listener);
    localStorage.setItem(key, 'a');
    expect(tokens.get()).toBe('a');
    tokens.set('a');
    inAnotherTab(() => {});
    expect(listener).toHaveBeenCalledOnce();
  });

  test('says nothing of other entries, nor of a clearing that changed nothing', () => {
    const tokens = localStorageTokenStore();
    const listener = vi.fn();
    tokens.subscribe(listener);
    inAnotherTab((storage) => storage.setItem('other', 'x'), 'other');
    inAnotherTab((storage) => storage.clear(), null);
    expect(listener).not.toHaveBeenCalled();
  });

  test('catches up when its page comes back from the back/forward cache', () => {
    const tokens = localStorageTokenStore();
    tokens.set('a');
    const listener = vi.fn();
    tokens.subscribe(listener);
    localStorage.removeItem(key);
    window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    expect(listener).toHaveBeenCalledOnce();
    expect(tokens.get()).toBeNull();
  });

  test('keeps what is in memory alone when its page comes back', () => {
    const tokens = localStorageTokenStore({ storage: storageThatThrows(new Set(['getItem', 'setItem'])) });
    tokens.subscribe(() => {});
    tokens.set('a');
    window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    expect(tokens.get()).toBe('a');
  });

  test('listens to the window from the first subscriber to the last', () => {
    const added = vi.spyOn(window, 'addEventListener');
    const removed = vi.spyOn(window, 'removeEventListener');
    const tokens = localStorageTokenStore();
    tokens.set('a');
    expect(added).not.toHaveBeenCalled();

    const [first, last] = [tokens.subscribe(() => {}), tokens.subscribe(() => {})];
    expect(added.mock.calls.map(([type]) => type)).toEqual(['storage', 'pageshow']);
    first();
    expect(removed).not.toHaveBeenCalled();
    last();
    expect(removed.mock.calls).toEqual(added.mock.calls);

    tokens.subscribe(() => {})();
    expect(added).toHaveBeenCalledTimes(4);
  });

  test('goes back to storage once storage takes tokens again', () => {
    const full = new Set<keyof TokenStorage>(['setItem']);
    const storage = storageThatThrows(full);
    const tokens = localStorageTokenStore({ storage });
    tokens.set('a');
    expect(tokens.get()).toBe('a');
    expect(storage.getItem(key)).toBeNull();
    full.clear();
    tokens.set('b');
    expect(storage.getItem(key)).toBe('b');
    expect(tokens.get()).toBe('b');
  });

  test('leaves no former token behind that a reload would sign in with, where storage is full', () => {
    const kept = new Map([[key, 'former']]);
    const tokens = localStorageTokenStore({ storage: storageThatThrows(new Set(['setItem']), kept) });
    tokens.set('a');
    expect(tokens.get()).toBe('a');
    expect(kept.size).toBe(0);
  });

  test('believes another tab rather than what it could not store itself', () => {
    const kept = new Map<string, string>();
    const tokens = localStorageTokenStore({ storage: storageThatThrows(new Set(['setItem']), kept) });
    tokens.subscribe(() => {});
    tokens.set('a');
    expect(tokens.get()).toBe('a');
    inAnotherTab(() => kept.set(key, 'b'));
    expect(tokens.get()).toBe('b');
  });
});
