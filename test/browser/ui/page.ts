import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createTRPCClient } from '@trpc/client';
import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
import { SessionProvider } from '@trpc-sessions/client/react';
import { labelsAr, labelsEn, Sessions } from '@trpc-sessions/client/ui';
// oxlint-disable-next-line import/no-unassigned-import -- a style has no name
import '@trpc-sessions/client/ui.css';
import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Router } from './server.ts';

// A page with the screen alone. The query string chooses the labels.

const query = new URLSearchParams(location.search);
const tokens = localStorageTokenStore();
const client = createTRPCClient<Router>({ links: sessionLinks({ url: '/trpc', tokens }) });
const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } });

const screen = createElement(Sessions, {
  headingLevel: 1,
  labels: query.get('labels') === 'ar' ? labelsAr : labelsEn,
  onNotMe: ({ id }) => void (document.title = `change the password: ${id}`),
});
const provider = createElement(SessionProvider, { client, tokens }, screen);
createRoot(document.querySelector('main')!).render(
  createElement(StrictMode, null, createElement(QueryClientProvider, { client: queryClient }, provider)),
);
