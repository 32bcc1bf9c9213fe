export { createSessionsPlugin, type SessionsPlugin, type SessionsPluginOptions } from './plugin.ts';
export { sessionsContext, type SessionsContext, type SessionsContextOptions } from './context.ts';
export type { TrustProxy } from './address.ts';
export type { CookieOptions } from './cookie.ts';
export type {
  CreateContextOptions,
  HeadersObject,
  HeadersRecord,
  ReadableEvent,
  ReadableInfo,
  ReadableRequest,
} from './request.ts';
export type { Authenticated, AuthenticatedProcedure } from './authenticated.ts';
export type { SessionErrorData, SessionErrorShape } from './errors.ts';
export type { PasswordCredentials } from './inputs.ts';
export type {
  Authenticate,
  AuthenticatedUser,
  LoginInput,
  LoginResult,
  PageInput,
  RevokeResult,
  SessionInfoPage,
  SessionsProcedure,
  SessionsRouter,
  SessionsRouterRecord,
} from './router.ts';
export type { Locate, SessionInfo } from './wire.ts';
export type {
  AccessTokenClaims,
  CallerInfo,
  ClientHints,
  Device,
  DeviceInput,
  DevicePart,
  DeviceType,
  Session,
  SessionErrorReason,
  sessionErrors,
} from '@trpc-sessions/core';
