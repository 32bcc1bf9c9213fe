export { endedOf, endsSession, retryAfter, sessionErrorReason } from './errors.ts';
export { sessionConnectionParams, sessionHeaders, type RequestOperations } from './links/headers.ts';
export { sessionLink, type SessionLinkOptions } from './links/session-link.ts';
export { sessionWsLink, type SessionWsLink, type SessionWsLinkOptions } from './links/session-ws-link.ts';
export { sessionLinks, type SessionLinksOptions } from './links/session-links.ts';
export { asyncTokenStore, type AsyncTokenStorage, type AsyncTokenStoreOptions } from './tokens/async-storage.ts';
export type {
  ConnectionState,
  ReceivedEnd,
  ReceivedSessionsEvent,
  SubscribeWatch,
  WatchedEvent,
} from './watch/received-event.ts';
export { watchSessions, type SessionsListener, type WatchClient } from './watch/watch-sessions.ts';
export type { ReceivedSessionInfo } from './received-session.ts';
export { cookieTokenStore } from './tokens/cookie-store.ts';
export {
  localStorageTokenStore,
  type LocalStorageTokenStoreOptions,
  type TokenStorage,
} from './tokens/local-storage.ts';
export type { DeviceMarkStore } from './tokens/device-mark.ts';
export { memoryTokenStore } from './tokens/memory.ts';
export type { AsyncTokenStore, TokenStore } from './tokens/token-store.ts';
export type { EndCause, EndedBy, SessionEnd, SessionErrorReason, SessionInfo } from '@trpc-sessions/server';
