export { createSessionsPlugin, type SessionsPlugin, type SessionsPluginOptions } from './plugin.ts';
export {
  sessionsContext,
  type ContextCaller,
  type SessionsContext,
  type SessionsContextOptions,
} from './request/context.ts';
export { jwksHandler } from './request/jwks-handler.ts';
export { testCaller } from './test-caller.ts';
export type { TrustProxy } from './request/trust-proxy.ts';
export {
  sessionCookie,
  type CookieAttributes,
  type CookieOptions,
  type CookieWriter,
  type WrittenCookieAttributes,
} from './request/cookie-options.ts';
export type {
  CreateContextOptions,
  HeadersObject,
  HeadersRecord,
  ReadableEvent,
  ReadableInfo,
  ReadableRequest,
} from './request/request.ts';
export type { AccountInput, FindAccount } from './authenticated/account.ts';
export type {
  Added,
  Authenticated,
  AuthenticatedAccount,
  AuthenticatedProcedure,
  AuthenticatedSession,
  MaybeAuthenticated,
  OptionalProcedure,
} from './authenticated/authenticated.ts';
export type { ContextOf } from './authenticated/context-place.ts';
export {
  sessionErrorFormatter,
  type AppErrorFormatter,
  type FormattedErrorShape,
  type SessionErrorData,
  type SessionErrorShape,
} from './errors.ts';
export type { DefaultErrorData, DefaultErrorShape, ErrorFormatterOptions } from './trpc/error-shape.ts';
export type {
  Authenticate,
  AuthenticatedUser,
  AuthenticateOptions,
  LoginInput,
  LoginProcedure,
  LoginResult,
  PasswordCredentials,
} from './procedures/login.ts';
export type { SignIn, SignInOptions, SignInResult, SignInUser } from './procedures/sign-in.ts';
export type { AccountOf } from './sign-in/account-name.ts';
export type { Limiter, LimiterAnswer, LimiterBucket } from './sign-in/limiter.ts';
export type { Captcha, CaptchaAnswer, CaptchaChallenge, CaptchaContext } from './captcha/captcha.ts';
export type { SignInAttempt } from './sign-in/attempt.ts';
export type { Proofs } from './sign-in/throttle.ts';
export type { ThrottleOptions } from './sign-in/throttle-options.ts';
export type { Unblock } from './sign-in/unblock.ts';
export type { ThrottleSignIn } from './sign-in/throttle-sign-in.ts';
export type { Reissue, ReissueOptions } from './procedures/reissue.ts';
export type { SignOut } from './procedures/sign-out.ts';
export type { SessionsProcedure } from './procedures/procedure.ts';
export type { RecordOf, SessionsRecord, SessionsRouter, SessionsRouterRecord } from './procedures/router.ts';
export type {
  AdminProcedures,
  AdminSessionInfo,
  AdminSessionInfoPage,
  IsAdmin,
  IssuedBeforeInput,
  UserPageInput,
  UserSessionsInput,
} from './procedures/admin.ts';
export type {
  CurrentSessionInfo,
  PageInput,
  RenameInput,
  RevokeInput,
  RevokeResult,
  SessionInfoPage,
  SessionProcedures,
} from './procedures/sessions.ts';
export type { EndInfo, SessionsEvent, WatchProcedure } from './procedures/watch.ts';
export type { Locate } from './locate/locate.ts';
export type { SessionInfo } from './procedures/session-info.ts';
export type {
  AccessTokenClaims,
  AttemptStoreName,
  CallerInfo,
  ClientHints,
  Device,
  DeviceInput,
  DevicePart,
  DeviceType,
  Duration,
  RedactedToken,
  EndCause,
  EndedBy,
  Session,
  SessionEnd,
  SessionErrorReason,
  sessionErrors,
} from '@trpc-sessions/core';
