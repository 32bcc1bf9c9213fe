export { cookieTokenStore } from './tokens/cookie-store.ts';
export { endsSession, retryAfter, sessionErrorReason } from './errors.ts';
export { sessionConnectionParams, sessionHeaders, type RequestOperations } from './links/headers.ts';
export { sessionLink, sessionLinks, type SessionLinkOptions, type SessionLinksOptions } from './links/session-links.ts';
export {
  localStorageTokenStore,
  memoryTokenStore,
  type LocalStorageTokenStoreOptions,
  type TokenStorage,
  type TokenStore,
} from './tokens/token-store.ts';
export type { SessionErrorReason, SessionInfo } from '@trpc-sessions/server';
