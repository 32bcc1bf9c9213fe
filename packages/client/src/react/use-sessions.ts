import { useQuery } from '@tanstack/react-query';
import { useSessionParts } from './provider.tsx';
import { listQuery } from './queries.ts';
import { useList, type UseSessionsOptions, type UseSuspenseSessionsResult } from './use-list.ts';

/** The result of {@link useSessions}. The functions stay the same from render to render, for one user. */
export interface UseSessionsResult extends UseSuspenseSessionsResult {
  /** Whether the list is loading for the first time. Until then, it is empty. */
  readonly isPending: boolean;
  /** Why the last fetch failed. */
  readonly error: Error | null;
}

/**
 * Lists the user's sessions, names one, and revokes some or all others.
 *
 * @throws {Error} outside a `SessionProvider`
 * @example
 * ```tsx
 * import { useSessions } from '@trpc-sessions/client/react';
 *
 * const { sessions, revoke } = useSessions();
 * return sessions.map(({ id, device, current }) => (
 *   <li key={id}>
 *     {device.name} {current ? '(this one)' : <button onClick={() => revoke(id)}>Sign out</button>}
 *   </li>
 * ));
 * ```
 */
export function useSessions(options?: UseSessionsOptions): UseSessionsResult {
  const parts = useSessionParts();
  const { data, error, isPending } = useQuery(listQuery(parts), parts.queryClient);
  return { ...useList(parts, data, options), isPending: parts.tokenVersion !== null && isPending, error };
}
