export type { Bus, BusListener } from './bus/bus.ts';
export { localBus, type LocalBusOptions } from './bus/local-bus.ts';
export { memoryCache, type CacheGuard, type MemoryCache, type MemoryCacheOptions } from './cache/memory-cache.ts';
export type { CallerInfo, ClientHints } from './session/caller.ts';
export { networkOf } from './session/network.ts';
export { redactToken, type RedactedToken } from './session/redacted-token.ts';
export type { Device, DeviceInput, DevicePart, DeviceType } from './session/device/device.ts';
export { readDevice } from './session/device/read-device.ts';
export type { AppDatabase } from './drivers/app-database.ts';
export type { AnyMysqlPool } from './drivers/mysql/database.ts';
export type { SqliteDatabase } from './drivers/sqlite/sqlite-database.ts';
export { parseTimeout, type Duration } from './duration.ts';
export {
  newestSessionCookie,
  readSessionCookie,
  sessionCookieName,
  sessionCookieValue,
  type CookieScope,
} from './session/session-cookie.ts';
export type { SessionSet } from './session/session-set.ts';
export {
  type EndCause,
  type EndedBy,
  isSessionError,
  isSessionUsageError,
  SessionError,
  type SessionEnd,
  sessionErrors,
  SessionUsageError,
  type SessionErrorEntry,
  type SessionErrorOptions,
  type SessionErrorReason,
} from './errors.ts';
export type { CredentialsChange } from './manager/change-credentials.ts';
export type {
  AttemptCounts,
  RejectedEvent,
  RevokedEvent,
  SessionEvents,
  StartedEvent,
  ThrottledEvent,
  UpdatedEvent,
} from './manager/events.ts';
export type { Algorithm, Jwk, PairAlgorithm, SecretAlgorithm } from './token/key-rules.ts';
export type { KeyInput, KeyPair, Keys, SecretKey } from './token/keys.ts';
export type { MarkedDevice } from './token/device-mark.ts';
export type { KeysOption } from './token/late-keys.ts';
export type { IssuedSession, IssueInput, IssueOptions, ReplacedSession } from './manager/issue.ts';
export type { IssuedBefore } from './manager/revoke-issued-before.ts';
export type { SessionChanges } from './manager/changes.ts';
export type { GetInput } from './manager/list.ts';
export type { ReissuedSession, ReissueInput } from './manager/reissue.ts';
export type { RevokeOptions } from './manager/revoke.ts';
export type { UpdateInput, UpdateOptions } from './manager/update.ts';
export type { EndedSession, EndedSessionsInput, SessionHistory } from './manager/history.ts';
export { createSessionManager, type SessionManager } from './manager/manager.ts';
export {
  createMigrations,
  migrateToLatest,
  migrations,
  type MigrationName,
  type MigrationOptions,
} from './store/migrations.ts';
export type { MigrationResult, SessionsMigration } from './store/migrations/migration.ts';
export type { MaxSessions, SessionManagerOptions } from './manager/options.ts';
export type { LastSeenInput, SessionPage, SessionPageInput } from './session/page.ts';
export { maxPasswordLength } from './password/length.ts';
export type { KnownDevice, MarkIssuer, NewMark } from './manager/device-marks.ts';
export type { AttemptStoreName, SignInGuard, SignInGuardOptions } from './manager/sign-in-guard.ts';
export { accountBuckets, normalAccount } from './sign-in/account.ts';
export type { Attempt, AttemptBucket, AttemptLimit } from './sign-in/attempt-waits.ts';
export type { CreateLimiter, LimiterOptions } from './sign-in/rate-limiters.ts';
export type { PurgeOptions } from './manager/purge.ts';
export type { SessionsDatabase, SessionsTable, SessionTime } from './store/schema.ts';
export type { IpMode } from './session/ip-mode.ts';
export { isStorableText } from './session/storable-text.ts';
export { maxUserIdLength } from './session/user-id.ts';
export type { Session } from './session/session.ts';
export { appClaimsOf } from './token/signable-claims.ts';
export type { PublicJwk, PublicKeys } from './token/public-keys.ts';
export { maxIssuedLength } from './token/access-token.ts';
export type { AccessTokenClaims } from './token/token-rules.ts';
export type { VerifiedSession, VerifyOptions } from './manager/verify.ts';
