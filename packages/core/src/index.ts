export { localBus, type Bus, type BusListener } from './bus.ts';
export { memoryCache, type CacheGuard, type MemoryCache, type MemoryCacheOptions } from './cache.ts';
export type { CallerInfo, ClientHints } from './caller.ts';
export { readDevice, type Device, type DeviceInput, type DevicePart, type DeviceType } from './device.ts';
export type { Duration } from './duration.ts';
export type { EndedSessions } from './ended.ts';
export {
  isSessionError,
  SessionError,
  sessionErrors,
  SessionUsageError,
  type SessionErrorEntry,
  type SessionErrorOptions,
  type SessionErrorReason,
} from './errors.ts';
export type { RevokedEvent, SessionEvents } from './events.ts';
export type { Algorithm, Jwk, KeyInput, KeyPair, Keys, SecretKey } from './keys.ts';
export {
  createSessionManager,
  type IssuedSession,
  type IssueInput,
  type IssueOptions,
  type SessionManager,
} from './manager.ts';
export { createMigrations, migrateToLatest, migrations, type MigrationOptions } from './migrations.ts';
export type { SessionManagerOptions } from './options.ts';
export type { PageInput, SessionPage } from './page.ts';
export { hashPassword, maxPasswordLength, verifyPassword } from './password.ts';
export type { PurgeOptions } from './purge.ts';
export type { SessionsDatabase, SessionsTable, SessionTime } from './schema.ts';
export type { Session } from './session.ts';
export type { AccessTokenClaims } from './token.ts';
export type { VerifiedSession } from './verify.ts';
