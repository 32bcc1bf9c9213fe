'use client';

export { createSessionHooks, type SessionHooks } from './create-session-hooks.ts';
export type { LiveProps } from './use-live.ts';
export { SessionProvider, type SessionProviderProps } from './provider.tsx';
export {
  useSession,
  type NoSession,
  type SessionActions,
  type SessionState,
  type SignedOutReason,
  type UseSessionResult,
} from './use-session.ts';
export type { SessionRef, UseSessionsOptions, UseSuspenseSessionsResult } from './use-list.ts';
export { useSessions, type UseSessionsResult } from './use-sessions.ts';
export { useSuspenseSessions } from './use-suspense-sessions.ts';
export type {
  AnySessionClient,
  ClaimsOf,
  LoginInputOf,
  PasswordLogin,
  ReceivedCurrentSession,
  ReceivedLogin,
  ReceivedSessionInfo,
  ReceiveQuery,
  SessionClient,
} from './session-client.ts';
export type { SubscribeWatch } from '../watch/received-event.ts';
export type { InitialSession } from './initial-session.ts';
export type { IsPublic } from './user-change.ts';
export type { SessionErrorReason, SessionInfo } from '@trpc-sessions/server';
