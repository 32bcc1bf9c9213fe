import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { SessionInfo } from '@trpc-sessions/server';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { AnySessionClient, InitialSession } from '../react/index.ts';
import { SessionProvider } from '../react/index.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import { RelativeTime } from './parts/relative-time.tsx';
import { Sessions } from './sessions.tsx';

// Without a window. A server renders the state before the first answer: the hooks ask nothing there.

const never = () => Promise.reject(new Error('a server asks nothing'));
const query = { query: never };
const mutation = { mutate: never };
const client: AnySessionClient = {
  login: mutation,
  logout: mutation,
  sessions: { list: query, current: query, rename: mutation, revoke: mutation, revokeOthers: mutation },
};

const at = new Date('2026-11-26T12:00:00Z');
const none = { name: null, version: null };
const session: SessionInfo = {
  id: 'a',
  current: true,
  createdAt: at,
  lastSeenAt: at,
  expiresAt: at,
  ip: null,
  createdIp: null,
  device: { type: null, name: 'Laptop', vendor: null, model: null, os: none, browser: none, app: none },
  name: null,
  location: null,
  userAgent: null,
};

test.each<[string, InitialSession]>([
  ['without a session', undefined],
  ['with the session that it knows', { ...session, userId: 'ada', claims: {} }],
])('a server renders the skeleton %s', (_, initialSession) => {
  expect(typeof window).toBe('undefined');
  const html = renderToString(
    <QueryClientProvider client={new QueryClient()}>
      <SessionProvider client={client} tokens={memoryTokenStore()} initialSession={initialSession}>
        <Sessions />
      </SessionProvider>
    </QueryClientProvider>,
  );
  expect(html).toContain('Active sessions');
  expect(html).toContain('tss-bone');
  expect(html).toContain('Loading your sessions…');
});

test('a time that is no date breaks no page', () => {
  expect(renderToString(<RelativeTime date={new Date(Number.NaN)} locale="en" />)).toBe('');
});

test('a server renders a time as its date, because its clock and time zone are not the user’s', () => {
  expect(renderToString(<RelativeTime date={at} locale="en" />)).toBe(
    '<time dateTime="2026-11-26T12:00:00.000Z">2026-11-26</time>',
  );
});
