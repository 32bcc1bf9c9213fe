'use client';

export { SessionProvider, type SessionProviderProps } from './provider.tsx';
export { useSession, type SessionActions, type SessionState, type UseSessionResult } from './use-session.ts';
export { useSessions, type UseSessionsResult } from './use-sessions.ts';
export type {
  AnySessionClient,
  LoginInputOf,
  PasswordLogin,
  ReceivedLogin,
  ReceivedSessionInfo,
  ReceiveQuery,
  SessionClient,
} from './session-client.ts';
export type { SessionInfo } from '@trpc-sessions/server';
