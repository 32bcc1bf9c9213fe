import { afterEach, expect, test, vi } from 'vitest';
import { endedOf } from '../errors.ts';
import type { WatchCalls } from './open-watch.ts';
import type { ReceivedSessionsEvent } from './received-event.ts';
import { shareWatch } from './share-watch.ts';

// Node has Web Locks and a BroadcastChannel, as browsers have.

let nextName = 0;
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** The streams that the server has open. */
function createServer() {
  const streams = new Set<WatchCalls>();
  const open = (calls: WatchCalls) => {
    streams.add(calls);
    return () => void streams.delete(calls);
  };
  const send = (event: ReceivedSessionsEvent): void => {
    for (const { event: receive } of streams) receive(event);
  };
  return { streams, open, send };
}

function openTab({ open }: ReturnType<typeof createServer>, name: string | undefined) {
  const event = vi.fn<WatchCalls['event']>();
  const refused = vi.fn<WatchCalls['refused']>();
  const stop = shareWatch(name, open, { event, refused });
  stops.push(stop);
  return { event, refused, stop };
}

const nameOfBrowser = (): string => `browser ${(nextName += 1)}`;
const list = { type: 'sessions', sessions: [] } as const;
const gone = { type: 'expired', id: 'a' } as const;

test('eight tabs open one stream, and all receive its events', async () => {
  const server = createServer();
  const name = nameOfBrowser();
  const tabs = Array.from({ length: 8 }, () => openTab(server, name));
  await expect.poll(() => server.streams.size).toBe(1);
  server.send(list);
  server.send(gone);
  // A tab may receive the list once more, as the answer to its hello.
  for (const { event } of tabs) await expect.poll(() => event.mock.calls).toContainEqual([gone]);
  expect(server.streams.size).toBe(1);
});

test('when the tab with the stream closes, another opens one', async () => {
  const server = createServer();
  const name = nameOfBrowser();
  const first = openTab(server, name);
  await expect.poll(() => server.streams.size).toBe(1);
  const second = openTab(server, name);
  first.stop();
  await expect.poll(() => server.streams.size).toBe(1);
  server.send(list);
  expect(second.event).toHaveBeenCalledWith(list);
  expect(first.event).not.toHaveBeenCalled();
});

test('a tab that opens later receives the list of the tab with the stream', async () => {
  const server = createServer();
  const name = nameOfBrowser();
  openTab(server, name);
  await expect.poll(() => server.streams.size).toBe(1);
  server.send(list);
  const later = openTab(server, name);
  await expect.poll(() => later.event.mock.calls).toEqual([[list]]);
});

test('a refusal reaches all tabs, with how the session ended', async () => {
  const server = createServer();
  const name = nameOfBrowser();
  const tabs = Array.from({ length: 3 }, () => openTab(server, name));
  await expect.poll(() => server.streams.size).toBe(1);
  const ended = { at: new Date(0), cause: 'others', by: 'another_device' } as const;
  for (const { refused } of server.streams) refused({ data: { session: { reason: 'revoked_session', ended } } });
  for (const { refused } of tabs) {
    await expect.poll(() => refused.mock.calls.map(([error]) => endedOf(error))).toEqual([ended]);
  }
});

test('tabs with other tokens, or without a name, each open their own', async () => {
  const server = createServer();
  for (const name of [nameOfBrowser(), nameOfBrowser(), undefined, undefined]) openTab(server, name);
  await expect.poll(() => server.streams.size).toBe(4);
});
