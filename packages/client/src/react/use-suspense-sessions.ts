import { useSuspenseQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { isReady, untilReady } from '../tokens/token-store.ts';
import { useSessionParts } from './provider.tsx';
import { listQuery, noListQuery } from './queries.ts';
import { hasToken } from './token-version.ts';
import { useList, type UseSessionsOptions, type UseSuspenseSessionsResult } from './use-list.ts';

/**
 * Lists the user's sessions as `useSessions` does, and suspends while the list loads. If the first fetch fails, it throws the error
 * to the error boundary. Signed out, and on a server that renders without the token, the list is empty.
 *
 * @throws {Error} outside a `SessionProvider`
 * @example
 * ```tsx
 * import { useSuspenseSessions } from '@trpc-sessions/client/react';
 *
 * // Inside a `Suspense`, and an error boundary.
 * function Devices() {
 *   const { sessions } = useSuspenseSessions();
 *   return sessions.map(({ id, device }) => <li key={id}>{device.name}</li>);
 * }
 * ```
 */
export function useSuspenseSessions(options?: UseSessionsOptions): UseSuspenseSessionsResult {
  const parts = useSessionParts();
  const { queryClient, tokens, tokenVersion } = parts;
  // React may hydrate this component long after the provider, which knows the token by then. It must first render as the server did.
  const isHydrating = useSyncExternalStore(
    neverChanges,
    () => false,
    () => true,
  );
  // oxlint-disable-next-line typescript/only-throw-error -- React waits for it
  if (!isHydrating && !isReady(tokens)) throw untilReady(tokens);
  const isFetched = !isHydrating && hasToken(tokenVersion);
  const { data } = useSuspenseQuery(isFetched ? listQuery(parts) : noListQuery, queryClient);
  return useList(parts, data, options);
}

const neverChanges = () => () => {};
