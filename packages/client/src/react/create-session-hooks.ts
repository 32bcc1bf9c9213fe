import type { ReactElement } from 'react';
import { SessionProvider, type SessionProviderProps } from './provider.tsx';
import type { AnySessionClient } from './session-client.ts';
import { useSession, type UseSessionResult } from './use-session.ts';
import type { UseSessionsOptions, UseSuspenseSessionsResult } from './use-list.ts';
import { useSessions, type UseSessionsResult } from './use-sessions.ts';
import { useSuspenseSessions } from './use-suspense-sessions.ts';

/** The provider and the hooks of one app. */
export interface SessionHooks<TClient extends AnySessionClient> {
  readonly SessionProvider: (props: SessionProviderProps & { readonly client: TClient }) => ReactElement;
  readonly useSession: () => UseSessionResult<TClient>;
  readonly useSessions: (options?: UseSessionsOptions) => UseSessionsResult;
  readonly useSuspenseSessions: (options?: UseSessionsOptions) => UseSuspenseSessionsResult;
}

/**
 * Types the provider and the hooks once for the app: the input of `login`, and the claims.
 *
 * @typeParam TClient - The client of our procedures.
 * @example
 * ```ts
 * import { createSessionHooks } from '@trpc-sessions/client/react';
 *
 * export const { SessionProvider, useSession, useSessions } = createSessionHooks<typeof trpc.auth>();
 * ```
 */
export function createSessionHooks<TClient extends AnySessionClient>(): SessionHooks<TClient> {
  return { SessionProvider, useSession: useSession<TClient>, useSessions, useSuspenseSessions };
}
