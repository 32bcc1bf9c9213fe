// @vitest-environment happy-dom
import { act, cleanup, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { right, startServer } from '../testing/plugin.tsx';
import { localStorageTokenStore } from '../tokens/local-storage.ts';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

const userId = 'ada';

test('a live page follows what happens elsewhere, without asking again', async () => {
  await using server = await startServer();
  const onNewSession = vi.fn();
  const { session, list } = server.openBrowser().openPage(localStorageTokenStore(), { live: true, onNewSession });
  const own = await act(() => session().login(right));
  await waitFor(() => expect(list().sessions).toHaveLength(1));

  // The list has the order of the last use. Its clock stands still.
  server.pass(1000);
  const { session: other } = await server.manager.issue({ userId });
  await waitFor(() => expect(list().sessions.map(({ id }) => id)).toEqual([other.id, own.id]));
  // By now the page has the list of the watch, so this one is news.
  const { session: third } = await server.manager.issue({ userId });
  await waitFor(() => expect(onNewSession).toHaveBeenLastCalledWith(expect.objectContaining({ id: third.id })));
  await server.manager.revoke({ userId, id: third.id });
  await server.manager.update({ userId, id: own.id, name: 'Desk' });
  await waitFor(() => expect(session().session?.name).toBe('Desk'));
  await server.manager.revoke({ userId, id: other.id });
  await waitFor(() => expect(list().sessions.map(({ id }) => id)).toEqual([own.id]));
  expect(list().sessions[0]?.createdAt).toBeInstanceOf(Date);
});

test('a page whose session ends elsewhere is signed out at once, and says why', async () => {
  await using server = await startServer();
  const onSignedOut = vi.fn();
  const { session, list } = server.openBrowser().openPage(localStorageTokenStore(), { live: true, onSignedOut });
  await act(() => session().login(right));
  await waitFor(() => expect(list().sessions).toHaveLength(1));
  const { session: other } = await server.manager.issue({ userId });
  await server.manager.revokeOthers({ userId, currentId: other.id });
  const ended = { cause: 'others', by: 'another_device' };
  await waitFor(() => expect(session()).toMatchObject({ status: 'signedOut', reason: 'revoked_session', ended }));
  await act(() => session().login(right));
  expect(session().ended).toBeNull();
  await waitFor(() =>
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ cause: 'others', by: 'another_device' }),
    ),
  );
});

test('a page whose session has ended before its stream opens is signed out, and the app is called once', async () => {
  await using server = await startServer();
  const { token, session: own } = await server.manager.issue({ userId });
  await server.manager.revoke({ userId, id: own.id });
  const tokens = localStorageTokenStore();
  tokens.set(token);
  const onSignedOut = vi.fn();
  const { session } = server.openBrowser().openPage(tokens, { live: true, onSignedOut });
  await waitFor(() => expect(session()).toMatchObject({ status: 'signedOut', reason: 'revoked_session' }));
  await waitFor(() =>
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ cause: 'revoked' })),
  );
});

test('after the server was away, a live page is right again by the new stream alone', async () => {
  await using server = await startServer();
  const { session, list } = server.openBrowser().openPage(localStorageTokenStore(), { live: true });
  const own = await act(() => session().login(right));
  await waitFor(() => expect(server.paths).toContain('auth.sessions.watch'));
  await waitFor(() => expect(list().sessions).toHaveLength(1));
  await server.stop();
  server.pass(1000);
  const { session: other } = await server.manager.issue({ userId });
  const { length } = server.paths;
  await server.start();
  await waitFor(() => expect(list().sessions.map(({ id }) => id)).toEqual([other.id, own.id]));
  expect(session()).toMatchObject({ status: 'signedIn', error: null });
  expect(server.paths.slice(length)).toEqual(['auth.sessions.watch']);
});

test('a live page that was opened while the server was away asks once when it is back', async () => {
  await using server = await startServer();
  const { token, session: own } = await server.manager.issue({ userId });
  await server.stop();
  const tokens = localStorageTokenStore();
  tokens.set(token);
  const { session, list } = server.openBrowser().openPage(tokens, { live: true });
  await waitFor(() => expect(session()).toMatchObject({ status: 'loading', error: expect.any(Error) }));
  await waitFor(() => expect(list().error).not.toBeNull());
  await server.start();
  await waitFor(() => expect(session()).toMatchObject({ status: 'signedIn', userId, claims: {} }));
  expect(list()).toMatchObject({ sessions: [{ id: own.id }], error: null });
  expect(server.paths).toEqual(['auth.sessions.watch', 'auth.sessions.current']);
});
