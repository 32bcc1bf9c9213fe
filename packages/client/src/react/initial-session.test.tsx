// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, cleanup, render, waitFor } from '@testing-library/react';
import { useEffect, useMemo, type PropsWithChildren } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { startApp, type TestApp } from '../testing/app.tsx';
import { cookieTokenStore } from '../tokens/cookie-store.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import type { InitialSession } from './initial-session.ts';
import { SessionProvider } from './provider.tsx';
import { useSession } from './use-session.ts';
import { useSessions } from './use-sessions.ts';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

const day = new Date(1_000);
const device = { type: null, name: 'Laptop', vendor: null, model: null, os: none(), browser: none(), app: none() };

function none() {
  return { name: null, version: null };
}

function sessionOf(userId: string, id = `session-of-${userId}`): NonNullable<InitialSession> {
  const rest = { ip: null, createdIp: null, device, location: null, userAgent: null, name: null };
  return { id, current: true, createdAt: day, lastSeenAt: day, expiresAt: day, userId, claims: { userId }, ...rest };
}

/** A page that a server renders, with answers of its own for the user of the session. */
function createPage(app: TestApp, tokens: TokenStore) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  const seen: string[] = [];
  function Hydrated({ user, children }: PropsWithChildren<{ user: string }>) {
    useMemo(() => void queryClient.setQueryData(['me'], user), [user]);
    return children;
  }
  function Status() {
    const { status, userId, reason } = useSession();
    const { isPending } = useSessions();
    const { data } = useQuery({ queryKey: ['me'], queryFn: () => 'fetched', enabled: status === 'signedIn' });
    const text = `${status} ${userId ?? reason ?? '-'} ${data ?? '-'}`;
    useEffect(() => void (seen.at(-1) !== text && seen.push(text)), [text]);
    return <p data-pending={isPending}>{text}</p>;
  }
  const pageOf = (initialSession: InitialSession) => (
    <QueryClientProvider client={queryClient}>
      <SessionProvider client={app.client} tokens={tokens} initialSession={initialSession}>
        <Hydrated user={initialSession?.userId ?? 'visitor'}>
          <Status />
        </Hydrated>
      </SessionProvider>
    </QueryClientProvider>
  );
  return { queryClient, pageOf, seen };
}

function hydratePage(page: React.ReactElement) {
  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = renderToString(page);
  const html = container.textContent;
  return { html, ...render(page, { container, hydrate: true }) };
}

test.each<[string, InitialSession, string]>([
  ['a user', sessionOf('ada'), 'signedIn ada ada'],
  ['a visitor', null, 'signedOut signed_out visitor'],
])(
  'a page that the server renders for %s shows the same before and after hydration, without a request',
  async (_, initial, text) => {
    await using app = await startApp();
    for (const tokens of [cookieTokenStore(), memoryTokenStore()]) {
      const { pageOf, seen } = createPage(app, tokens);
      const { html, container } = hydratePage(pageOf(initial));
      expect(html).toBe(text);
      await waitFor(() =>
        expect(container.querySelector('[data-pending=false]') !== null || initial !== null).toBe(true),
      );
      expect(seen).toEqual([text]);
      expect(tokens.get()).toBe(initial === null ? null : 'cookie:session-of-ada');
      cleanup();
      localStorage.clear();
    }
    expect(app.calls().filter((path) => path.includes('current'))).toEqual([]);
  },
);

test('a page follows a server that has signed in, signed in another user, and signed out', async () => {
  await using app = await startApp();
  const tokens = cookieTokenStore();
  const { pageOf, seen } = createPage(app, tokens);
  const { rerender } = hydratePage(pageOf(null));
  for (const initial of [sessionOf('ada'), sessionOf('ada'), sessionOf('bob'), null]) {
    await act(async () => rerender(pageOf(initial)));
  }
  expect(seen.filter((text) => !text.endsWith('fetched'))).toEqual([
    'signedOut signed_out visitor',
    'signedIn ada ada',
    'signedIn bob bob',
    'signedOut signed_out visitor',
  ]);
  expect(tokens.get()).toBeNull();
});

test('a page that reloads keeps its mark, so that other tabs are left alone', async () => {
  await using app = await startApp();
  const tokens = cookieTokenStore();
  hydratePage(createPage(app, tokens).pageOf(sessionOf('ada')));
  const mark = tokens.get();
  cleanup();
  const { seen, pageOf } = createPage(app, cookieTokenStore());
  hydratePage(pageOf(sessionOf('ada')));
  expect(cookieTokenStore().get()).toBe(mark);
  expect(seen).toEqual(['signedIn ada ada']);
});

test('a token that the page holds itself is kept, whatever the server renders', async () => {
  await using app = await startApp();
  app.tokens.set(app.signIn('ada'));
  const { pageOf, seen } = createPage(app, app.tokens);
  hydratePage(pageOf(null));
  await waitFor(() => expect(seen.at(-1)).toMatch(/^signedIn ada /));
  expect(app.tokens.get()).toBe('ada-1');
});

test('a user who signs out on the page stays signed out, though the server rendered a session before', async () => {
  await using app = await startApp();
  const tokens = cookieTokenStore();
  const { pageOf, seen } = createPage(app, tokens);
  const initial = sessionOf('ada');
  const { rerender } = hydratePage(pageOf(initial));
  act(() => tokens.set(null));
  rerender(pageOf(initial));
  expect(seen.at(-1)).toMatch(/^signedOut signed_out/);
});

test('a server that renders the same session again blanks no list', async () => {
  await using app = await startApp();
  const answer = app.holdAnswers();
  const { pageOf, queryClient } = createPage(app, cookieTokenStore());
  const { rerender, container } = hydratePage(pageOf(sessionOf('ada')));
  const isPending = () => container.querySelector('p')?.dataset['pending'];
  const isList = ({ queryKey }: { queryKey: readonly unknown[] }) =>
    queryKey[2] === 'list' && typeof queryKey[1] === 'number';
  const listOf = () => queryClient.getQueryCache().findAll({ predicate: isList })[0];
  await waitFor(() => expect(listOf()).toBeDefined());
  act(() => void queryClient.setQueryData(listOf()!.queryKey, []));
  await waitFor(() => expect(isPending()).toBe('false'));

  const seen: unknown[] = [];
  const observer = new MutationObserver(() => seen.push(isPending()));
  observer.observe(container, { attributes: true, subtree: true });
  await act(async () => rerender(pageOf(sessionOf('ada'))));
  observer.disconnect();
  expect(seen).toEqual([]);
  expect(isPending()).toBe('false');
  answer();
});
