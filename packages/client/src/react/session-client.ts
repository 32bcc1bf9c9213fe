import type { DeviceInput, SessionInfo } from '@trpc-sessions/server';

/** A {@link SessionInfo} as it comes: its dates are still texts where the app has no transformer. */
export interface ReceivedSessionInfo extends Omit<SessionInfo, SessionDate> {
  readonly createdAt: Date | string;
  readonly lastSeenAt: Date | string;
  readonly expiresAt: Date | string;
}

type SessionDate = 'createdAt' | 'lastSeenAt' | 'expiresAt';

/** What `login` takes where the app has no form of its own. */
export interface PasswordLogin {
  readonly username: string;
  readonly password: string;
  readonly device?: DeviceInput | undefined;
}

/**
 * The part of a tRPC client that holds our procedures: `trpc.auth` where the router is nested there, `trpc` where it is
 * merged. `TLogin` is what `login` takes.
 */
export interface SessionClient<TLogin = PasswordLogin> {
  readonly login: {
    readonly mutate: (input: TLogin, options: { context: Record<string, unknown> }) => Promise<ReceivedLogin>;
  };
  readonly logout: { readonly mutate: () => Promise<unknown> };
  readonly sessions: {
    readonly list: { readonly query: ReceiveQuery<readonly ReceivedSessionInfo[]> };
    readonly current: { readonly query: ReceiveQuery<ReceivedSessionInfo> };
    readonly revoke: { readonly mutate: (input: { id: string }) => Promise<unknown> };
    readonly revokeOthers: { readonly mutate: () => Promise<unknown> };
  };
}

/** A {@link SessionClient} whatever its `login` takes. */
export type AnySessionClient = SessionClient<never>;

/** What the `login` of a client takes. */
export type LoginInputOf<TClient extends AnySessionClient> = Parameters<TClient['login']['mutate']>[0];

/** What `login` returns. */
export interface ReceivedLogin {
  readonly token: string;
  readonly session: ReceivedSessionInfo;
}

/** A query without an input. */
export type ReceiveQuery<TOutput> = (input: undefined, options: { signal: AbortSignal }) => Promise<TOutput>;

/** Makes dates of the texts, so that components always see dates. */
export function receiveSession(received: ReceivedSessionInfo): SessionInfo {
  return {
    ...received,
    createdAt: new Date(received.createdAt),
    lastSeenAt: new Date(received.lastSeenAt),
    expiresAt: new Date(received.expiresAt),
  };
}
