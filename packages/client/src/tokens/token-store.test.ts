// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from 'vitest';
import { throwingStorage } from '../testing/storage.ts';
import { asyncTokenStore } from './async-storage.ts';
import { cookieTokenStore } from './cookie-store.ts';
import { localStorageTokenStore } from './local-storage.ts';
import { memoryTokenStore } from './memory.ts';
import { dropToken, readToken, tokenOrNull, type TokenStore } from './token-store.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  localStorage.clear();
});

interface TokenStoreTarget {
  readonly name: string;
  readonly create: () => TokenStore;
}

const targets: readonly TokenStoreTarget[] = [
  { name: 'memoryTokenStore', create: () => memoryTokenStore() },
  { name: 'localStorageTokenStore', create: () => localStorageTokenStore() },
  {
    name: 'localStorageTokenStore on sessionStorage',
    create: () => localStorageTokenStore({ storage: sessionStorage, key: crypto.randomUUID() }),
  },
  {
    name: 'localStorageTokenStore on a full storage',
    create: () => localStorageTokenStore({ storage: throwingStorage(new Set(['setItem'])) }),
  },
  {
    name: 'localStorageTokenStore on a blocked storage',
    create: () => localStorageTokenStore({ storage: throwingStorage(new Set(['getItem', 'setItem', 'removeItem'])) }),
  },
  {
    name: 'localStorageTokenStore on a page that may not read `localStorage` at all',
    create: () => {
      const blocked = vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => {
        throw new DOMException('blocked', 'SecurityError');
      });
      const tokens = localStorageTokenStore();
      blocked.mockRestore();
      return tokens;
    },
  },
  {
    name: 'asyncTokenStore',
    create: () =>
      asyncTokenStore({ getItem: async () => null, setItem: async () => undefined, removeItem: async () => undefined }),
  },
  {
    name: 'asyncTokenStore on a storage that fails',
    create: () => {
      const fail = () => Promise.reject(new Error('locked'));
      return asyncTokenStore({ getItem: fail, setItem: fail, removeItem: fail });
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
    name: 'localStorageTokenStore in React Native, whose window has no events',
    create: () => {
      vi.stubGlobal('window', {});
      return localStorageTokenStore();
    },
  },
];

describe.each(targets)('$name', ({ create }) => {
  test('is signed out at first', () => {
    expect(create().get()).toBeNull();
  });

  test('returns the token that was set last', () => {
    const tokens = create();
    tokens.set('a');
    expect(tokens.get()).toBe('a');
    tokens.set('b');
    expect(tokens.get()).toBe('b');
    tokens.set(null);
    expect(tokens.get()).toBeNull();
  });

  test('calls every listener after a change', () => {
    const tokens = create();
    const seen: (string | null)[] = [];
    tokens.subscribe(() => seen.push(tokens.get()));
    tokens.subscribe(() => seen.push(tokens.get()));
    tokens.set('a');
    tokens.set(null);
    expect(seen).toEqual(['a', 'a', null, null]);
  });

  test('calls no listener when the token stays the same', () => {
    const tokens = create();
    tokens.set('a');
    const listener = vi.fn();
    tokens.subscribe(listener);
    tokens.set('a');
    expect(listener).not.toHaveBeenCalled();
  });

  test('does not call a listener after it has unsubscribed, once or twice, and still calls the others', () => {
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

  test('counts a function that subscribes twice as two listeners', () => {
    const tokens = create();
    const listener = vi.fn();
    tokens.subscribe(listener);
    tokens.subscribe(listener)();
    tokens.set('a');
    expect(listener).toHaveBeenCalledOnce();
  });

  test('lets a listener unsubscribe during its call', () => {
    const tokens = create();
    const stays = vi.fn();
    const unsubscribe = tokens.subscribe(() => unsubscribe());
    tokens.subscribe(stays);
    tokens.set('a');
    expect(stays).toHaveBeenCalledOnce();
  });

  test('keeps the token and calls the other listeners when a listener throws, and reports the error', () => {
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

  test('drops a refused token, but not the token that has replaced it', () => {
    const tokens = create();
    const listener = vi.fn();
    tokens.set('new');
    tokens.subscribe(listener);
    dropToken(tokens, 'old', 'revoked_session');
    dropToken(tokens, null, 'revoked_session');
    expect(tokens.get()).toBe('new');
    dropToken(tokens, 'new', 'revoked_session');
    dropToken(tokens, 'new', 'revoked_session');
    expect(tokens.get()).toBeNull();
    expect(listener).toHaveBeenCalledOnce();
  });
});

test('memoryTokenStore starts with the token it is given', () => {
  expect(memoryTokenStore('a').get()).toBe('a');
});

const notTokens: readonly (readonly [name: string, value: unknown])[] = [
  ['an empty text', ''],
  ['a line break', 'a\nb'],
  ['a trailing line break', 'a\n'],
  ['a NUL', 'a\0'],
  ['an emoji', '🔑'],
  ['a letter outside of ASCII', 'ä'],
  ['a space', 'a b'],
  ['a quoted token', '"eyJhbGciOiJIUzI1NiJ9.e30.e30"'],
  ['JSON', '{"token":"eyJhbGciOiJIUzI1NiJ9.e30.e30"}'],
  ['20 kB', 'a'.repeat(20_000)],
  ['a cookie mark with a line break', 'cookie:1\n'],
  ['undefined', undefined],
  ['a number', 5],
  ['an object', {}],
];

describe.each(notTokens)('%s is no token:', (_, value) => {
  const text = value as string;

  test('a memory store reads it as signed out', () => {
    expect(memoryTokenStore(text).get()).toBeNull();
    const tokens = memoryTokenStore('a');
    tokens.set(text);
    expect(tokens.get()).toBeNull();
  });

  test('a store on localStorage or on another storage reads it as signed out, and stores none', () => {
    localStorage.setItem('trpc-sessions.token', text);
    // Storage turns other values into texts: 'undefined' and '5' can be sent, and the server refuses them.
    expect(localStorageTokenStore().get()).toBe(value === undefined ? 'undefined' : value === 5 ? '5' : null);
    expect(
      localStorageTokenStore({ storage: { ...throwingStorage(new Set()), getItem: () => text } }).get(),
    ).toBeNull();

    const entries = new Map<string, string>();
    const tokens = localStorageTokenStore({ storage: throwingStorage(new Set(), entries) });
    tokens.set('a');
    tokens.set(text);
    expect(tokens.get()).toBeNull();
    expect(entries.size).toBe(0);
  });

  test("a custom store's value is read as signed out", () => {
    const tokens: TokenStore = { get: () => text, set: vi.fn(), subscribe: () => () => {} };
    expect(readToken(tokens)).toBeNull();
    dropToken(tokens, text, 'revoked_session');
    expect(tokens.set).not.toHaveBeenCalled();
  });
});

test('a custom store that throws is read as signed out', () => {
  const get = () => {
    throw new DOMException('blocked', 'SecurityError');
  };
  expect(readToken({ get, set: () => {}, subscribe: () => () => {} })).toBeNull();
});

test('no value that is read as a token makes a header invalid', () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    const token = tokenOrNull(`a${String.fromCharCode(code)}`);
    if (token !== null) expect(new Headers({ authorization: token }).get('authorization')).toBe(token);
  }
});

test.each(['a', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', 'abc-._~+/==', 'a'.repeat(8192)])('%.40s can be a token', (text) => {
  expect(tokenOrNull(text)).toBe(text);
});

test('the mark of a cookie store is read as it is', () => {
  const tokens = cookieTokenStore();
  for (let login = 0; login < 100; login += 1) {
    tokens.set('a');
    expect(tokens.get()).toMatch(/^cookie:/);
  }
});

describe('a wrong option is a TypeError that names it:', () => {
  test.each<[string, unknown, string]>([
    ['key', { key: 5 }, 'key: expected a text'],
    ['storage without methods', { storage: {} }, 'storage: expected getItem, setItem, removeItem'],
    ['storage null', { storage: null }, 'storage: expected getItem, setItem, removeItem'],
    ['an unknown name', { name: 'a' }, 'name: unknown option'],
    ['a text in place of the options', 'my-key', 'expected { key, storage }'],
  ])('%s', (_, options, message) => {
    for (const create of [localStorageTokenStore, cookieTokenStore]) {
      const attempt = () => create(options as object);
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow(message);
    }
  });
});
