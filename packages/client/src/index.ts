export { cookieTokenStore } from './cookie-tokens.ts';
export { endsSession, retryAfter, sessionErrorReason } from './errors.ts';
export { sessionConnectionParams, sessionHeaders, type RequestOperations } from './headers.ts';
export { sessionLink, sessionLinks, type SessionLinkOptions, type SessionLinksOptions } from './links.ts';
export {
  localStorageTokenStore,
  memoryTokenStore,
  type LocalStorageTokenStoreOptions,
  type TokenStorage,
  type TokenStore,
} from './tokens.ts';
export type { SessionErrorReason, SessionInfo } from '@trpc-sessions/server';
