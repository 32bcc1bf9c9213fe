// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider, QueryErrorResetBoundary } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, waitFor } from '@testing-library/react';
import { Component, Suspense, type PropsWithChildren } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { startApp, type TestApp } from '../testing/app.tsx';
import { asyncTokenStore } from '../tokens/async-storage.ts';
import { createSessionHooks } from './create-session-hooks.ts';
import { SessionProvider } from './provider.tsx';
import type { UseSessionsResult } from './use-sessions.ts';
import type { UseSessionsOptions, UseSuspenseSessionsResult } from './use-list.ts';
import { useSuspenseSessions } from './use-suspense-sessions.ts';

afterEach(cleanup);

class Boundary extends Component<PropsWithChildren<{ reset: () => void }>, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    const retry = () => {
      this.props.reset();
      this.setState({ error: null });
    };
    return <button onClick={retry}>failed: {this.state.error.message}</button>;
  }
}

function List() {
  const { sessions } = useSuspenseSessions();
  return <>list: {sessions.map(({ id }) => id).join(' ')}</>;
}

function Page() {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary reset={reset}>
          <Suspense fallback="loading">
            <List />
          </Suspense>
        </Boundary>
      )}
    </QueryErrorResetBoundary>
  );
}

function open({ Providers }: TestApp) {
  const { container } = render(
    <Providers>
      <Page />
    </Providers>,
  );
  const shown = () => {
    // React hides the nodes that it has shown before.
    const nodes = [...container.childNodes].filter(
      (node) => !(node instanceof HTMLElement && node.style.display === 'none'),
    );
    return nodes.map(({ textContent }) => textContent).join('');
  };
  return { container, shown };
}

describe('useSuspenseSessions', () => {
  test('suspends while the list loads, once for all components', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { shown } = open(app);
    expect(shown()).toBe('loading');
    await waitFor(() => expect(shown()).toBe('list: ada-1'));
    expect(app.calls()).toEqual(['auth.sessions.list']);
  });

  test('is an empty list without a request while signed out, and follows the user', async () => {
    await using app = await startApp();
    const { shown } = open(app);
    expect(shown()).toBe('list: ');
    await act(async () => app.tokens.set(app.signIn('ada')));
    await waitFor(() => expect(shown()).toBe('list: ada-1'));
    await act(async () => app.tokens.set(null));
    expect(shown()).toBe('list: ');
    expect(app.calls()).toEqual(['auth.sessions.list']);
  });

  test('throws the error of the fetch to the error boundary, whose reset fetches again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    app.trouble = 'INTERNAL_SERVER_ERROR';
    const { container, shown } = open(app);
    await waitFor(() => expect(shown()).toBe('failed: INTERNAL_SERVER_ERROR'));
    app.trouble = null;
    fireEvent.click(container.querySelector('button')!);
    await waitFor(() => expect(shown()).toBe('list: ada-1'));
  });

  test('is an empty list, and no error, if the server refuses the token', async () => {
    await using app = await startApp();
    app.tokens.set('ended');
    const { shown } = open(app);
    await waitFor(() => expect(shown()).toBe('list: '));
    expect(app.tokens.get()).toBeNull();
  });

  test('suspends until an asynchronous store has read its token', async () => {
    const read = Promise.withResolvers<string | null>();
    const storage = { getItem: () => read.promise, setItem: async () => {}, removeItem: async () => {} };
    const tokens = asyncTokenStore(storage);
    await using app = await startApp({ tokens });
    const { shown } = open(app);
    expect(shown()).toBe('loading');
    read.resolve(app.signIn('ada'));
    await waitFor(() => expect(shown()).toBe('list: ada-1'));
  });

  test('is an empty list on a server without the token, which the page replaces after hydration', async () => {
    // React warns of a server and a page in one process.
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await using app = await startApp();
    const pageOf = (queryClient: QueryClient) => (
      <QueryClientProvider client={queryClient}>
        <SessionProvider client={app.client} tokens={app.tokens}>
          <Page />
        </SessionProvider>
      </QueryClientProvider>
    );
    const container = document.body.appendChild(document.createElement('div'));
    // It writes the fallback in place of a component that suspends.
    container.innerHTML = renderToString(pageOf(new QueryClient()));
    expect(container.textContent).toBe('list: ');
    expect(app.calls()).toEqual([]);

    app.tokens.set(app.signIn('ada'));
    const onRecoverableError = vi.fn();
    render(pageOf(app.queryClient), { container, hydrate: true, onRecoverableError });
    await waitFor(() => expect(container.textContent).toBe('list: ada-1'));
    expect(onRecoverableError).not.toHaveBeenCalled();
  });

  test('has the result of useSessions without isPending and error, also typed for an app', () => {
    expectTypeOf<UseSuspenseSessionsResult>().toEqualTypeOf<Omit<UseSessionsResult, 'isPending' | 'error'>>();
    expectTypeOf(createSessionHooks().useSuspenseSessions).returns.toEqualTypeOf<UseSuspenseSessionsResult>();
    expectTypeOf(createSessionHooks().useSessions).parameter(0).toEqualTypeOf<UseSessionsOptions | undefined>();
  });
});
