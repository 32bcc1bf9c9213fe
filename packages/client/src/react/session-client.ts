import type { DeviceInput, RevokeInput } from '@trpc-sessions/server';
import type { ReceivedSessionInfo } from '../received-session.ts';
import type { SubscribeWatch } from '../watch/received-event.ts';

export { receiveSession, type ReceivedSessionInfo } from '../received-session.ts';

/** The session of the caller, with its user. */
export interface ReceivedCurrentSession<TClaims = unknown> extends ReceivedSessionInfo {
  readonly userId: string;
  /** Without a transformer, tRPC marks a value of an unknown type as optional. */
  readonly claims?: TClaims;
}

/** The input of `login`, unless the app has other credentials. */
export interface PasswordLogin {
  readonly username: string;
  readonly password: string;
  readonly device?: DeviceInput | undefined;
}

/**
 * The part of a tRPC client that holds our procedures: `trpc.auth` if the router is nested there, `trpc` if it is merged.
 *
 * @typeParam TLogin - The input of `login`.
 */
export interface SessionClient<TLogin = PasswordLogin> {
  readonly login: {
    readonly mutate: (input: TLogin, options: { context: Record<string, unknown> }) => Promise<ReceivedLogin>;
  };
  readonly logout: { readonly mutate: () => Promise<unknown> };
  readonly sessions: {
    readonly list: { readonly query: ReceiveQuery<readonly ReceivedSessionInfo[]> };
    readonly current: { readonly query: ReceiveQuery<ReceivedCurrentSession> };
    readonly rename: {
      readonly mutate: (input: { id: string; name: string | null }) => Promise<ReceivedSessionInfo>;
    };
    readonly revoke: { readonly mutate: (input: RevokeInput) => Promise<unknown> };
    readonly revokeOthers: { readonly mutate: () => Promise<unknown> };
    /** A server of an older release has none. */
    readonly watch?: { readonly subscribe: SubscribeWatch };
  };
}

/** A {@link SessionClient} with any input of `login`. */
export type AnySessionClient = SessionClient<never>;

/** The input of a client's `login`. */
export type LoginInputOf<TClient extends AnySessionClient> = Parameters<TClient['login']['mutate']>[0];

/** The result of `login`. */
export interface ReceivedLogin {
  readonly token: string;
  readonly session: ReceivedSessionInfo;
  readonly userId: string;
  readonly claims?: unknown;
}

/** The app's own claims, as the client types them. */
export type ClaimsOf<TClient extends AnySessionClient> = Required<
  Awaited<ReturnType<TClient['sessions']['current']['query']>>
>['claims'];

/** A query without an input. */
export type ReceiveQuery<TOutput> = (input: undefined, options: { signal: AbortSignal }) => Promise<TOutput>;
