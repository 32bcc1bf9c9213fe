import { afterEach, expect, test, vi } from 'vitest';
import { endedOf } from '../errors.ts';
import { dropRefusedToken } from '../links/sent-token.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import { stateOf, type TokenStore } from '../tokens/token-store.ts';
import type { SubscribeWatch } from './received-event.ts';
import { watchSessions, type SessionsListener } from './watch-sessions.ts';

// Node has Web Locks and a BroadcastChannel, as browsers have.

type Stream = Parameters<SubscribeWatch>[1];

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function openTab(token: string) {
  const streams: Stream[] = [];
  const listener = vi.fn<SessionsListener>();
  let reason: 'revoked_session' | null = null;
  const memory = memoryTokenStore(token);
  const tokens: TokenStore = {
    ...memory,
    reason: () => reason,
    set(next, why) {
      reason = why === 'revoked_session' ? why : null;
      memory.set(next);
    },
  };
  const subscribe: SubscribeWatch = (_, stream) => {
    streams.push(stream);
    return { unsubscribe() {} };
  };
  stops.push(watchSessions({ sessions: { watch: { subscribe } } }, tokens, listener));
  return { streams, listener, tokens };
}

/** Opens two tabs of a browser. The first one has the stream, and the second one waits for its lock. */
async function openTabs(token: string) {
  const first = openTab(token);
  await expect.poll(() => first.streams).toHaveLength(1);
  const second = openTab(token);
  await expect.poll(async () => (await navigator.locks.query()).pending).toHaveLength(1);
  return [first, second] as const;
}

const ended = { at: new Date(0), cause: 'others', by: 'another_device' } as const;
const refusal = { data: { session: { reason: 'revoked_session', ended } } };

/** More than enough for a tab to close its watch. */
const turns = async (): Promise<void> => {
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setTimeout(resolve));
};

test('a tab learns how the session ended though the storage of the browser is faster than the other tab', async () => {
  const [first, second] = await openTabs('ended.by.others');
  await turns();
  second.tokens.set(null, 'revoked_session');
  await turns();
  first.streams[0]?.onError(refusal);
  await expect.poll(() => second.listener.mock.calls).toEqual([[{ type: 'ended', ended }, []]]);
  expect(endedOf(stateOf(second.tokens).refusal)).toEqual(ended);
  // It opens no stream without a token.
  expect(second.streams).toEqual([]);
});

test.each([
  ['the stream does', true],
  ['there is a stream', false],
])('a call that is refused before %s ends the watch, once', async (_before, isOpen) => {
  const { streams, listener, tokens } = openTab(`refused.call.${isOpen}`);
  if (isOpen) await expect.poll(() => streams).toHaveLength(1);
  dropRefusedToken(tokens, tokens.get(), refusal);
  await expect.poll(() => listener.mock.calls).toEqual([[{ type: 'ended', ended }, []]]);
  streams[0]?.onError(refusal);
  await turns();
  expect(listener).toHaveBeenCalledOnce();
});

test.each([
  ['with the stream', 0],
  ['that waits for it', 1],
] as const)('a call that is refused in the tab %s ends the watch of the other', async (_tab, index) => {
  const tabs = await openTabs(`refused.tab.${index}`);
  const [tab, other] = [tabs[index], tabs[1 - index]!];
  await turns();
  // The storage of the browser may be faster than the message.
  other.tokens.set(null, 'revoked_session');
  await turns();
  dropRefusedToken(tab.tokens, tab.tokens.get(), refusal);
  for (const { listener } of tabs)
    await expect.poll(() => listener.mock.calls).toEqual([[{ type: 'ended', ended }, []]]);
});

test('a user who signs out gets no event `ended`', async () => {
  const { streams, listener, tokens } = openTab('signed.out.here');
  await expect.poll(() => streams).toHaveLength(1);
  tokens.set(null);
  await turns();
  expect(listener).not.toHaveBeenCalled();
});

test('a tab that has signed in again ignores how its former session ended', async () => {
  const [first, second] = await openTabs('ended.and.replaced');
  await turns();
  second.tokens.set(null, 'revoked_session');
  second.tokens.set('another.token.of-the-user');
  first.streams[0]?.onError(refusal);
  await turns();
  expect(second.listener).not.toHaveBeenCalled();
  expect(second.tokens.get()).toBe('another.token.of-the-user');
});

test('the listener gets the list after each event, the most recently seen first, and never that of another token', async () => {
  const { streams, listener, tokens } = openTab('one.token.of-a-user');
  await expect.poll(() => streams).toHaveLength(1);
  const none = { name: null, version: null };
  const device = { type: null, name: 'Phone', vendor: null, model: null, os: none, browser: none, app: none };
  const at = new Date(0);
  const rest = { createdAt: at, lastSeenAt: at, expiresAt: at, ip: null, createdIp: null, device, name: null };
  const sessionOf = (id: string) => ({ id, current: false, ...rest, location: null, userAgent: null });
  const seen = (id: string, time: number) => ({ ...sessionOf(id), lastSeenAt: new Date(time) });
  const lists = () => listener.mock.calls.map(([, sessions]) => sessions.map(({ id }) => id));
  streams[0]?.onData({ type: 'created', session: sessionOf('early') });
  streams[0]?.onData({ type: 'sessions', sessions: [sessionOf('a')] });
  streams[0]?.onData({ type: 'created', session: sessionOf('b') });
  streams[0]?.onData({ type: 'expired', id: 'a' });
  expect(lists()).toEqual([[], ['a'], ['b', 'a'], ['b']]);
  streams[0]?.onData({ type: 'sessions', sessions: [seen('x', 3), seen('y', 2), seen('z', 1)] });
  streams[0]?.onData({ type: 'updated', session: { ...seen('y', 2), name: 'Mine' } });
  streams[0]?.onData({ type: 'updated', session: seen('z', 4) });
  streams[0]?.onData({ type: 'created', session: seen('w', 3) });
  expect(lists().slice(5)).toEqual([
    ['x', 'y', 'z'],
    ['z', 'x', 'y'],
    ['z', 'w', 'x', 'y'],
  ]);
  tokens.set('another.token.of-another-user');
  const { length } = listener.mock.calls;
  // A stream closes in a later turn, which in a tab in the background may be a minute away.
  streams[0]?.onData({ type: 'sessions', sessions: [sessionOf('a')] });
  expect(listener).toHaveBeenCalledTimes(length);
  await expect.poll(() => streams).toHaveLength(2);
  streams[1]?.onData({ type: 'created', session: sessionOf('c') });
  expect(lists().at(-1)).toEqual([]);
});
