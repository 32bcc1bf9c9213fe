import { bigint, datetime, int, mysqlTable, text, varchar } from 'drizzle-orm/mysql-core';

/** The live sessions, and those that have expired and are not purged yet. */
export const sessions = mysqlTable('sessions', {
  id: varchar('id', { length: 32 }).primaryKey(),
  userId: varchar('user_id', { length: 255 }).notNull(),
  createdAt: datetime('created_at', { fsp: 3 }).notNull(),
  lastSeenAt: datetime('last_seen_at', { fsp: 3 }).notNull(),
  expiresAt: datetime('expires_at', { fsp: 3 }).notNull(),
  ip: varchar('ip', { length: 45 }),
  createdIp: varchar('created_ip', { length: 45 }),
  userAgent: text('user_agent'),
  device: text('device').notNull(),
  name: text('name'),
  data: text('data'),
  updatedAt: datetime('updated_at', { fsp: 3 }),
  generation: int('generation'),
  graceUntil: datetime('grace_until', { fsp: 3 }),
});

/** How sessions have ended. */
export const sessionsHistory = mysqlTable('sessions_history', {
  id: varchar('id', { length: 32 }).primaryKey(),
  userId: varchar('user_id', { length: 255 }).notNull(),
  createdAt: datetime('created_at', { fsp: 3 }).notNull(),
  lastSeenAt: datetime('last_seen_at', { fsp: 3 }).notNull(),
  ip: varchar('ip', { length: 45 }),
  createdIp: varchar('created_ip', { length: 45 }),
  userAgent: text('user_agent'),
  device: text('device').notNull(),
  name: text('name'),
  endedAt: datetime('ended_at', { fsp: 3 }).notNull(),
  keptUntil: datetime('kept_until', { fsp: 3 }).notNull(),
  cause: varchar('cause', { length: 32 }).notNull(),
  bySession: varchar('by_session', { length: 32 }),
  byUser: varchar('by_user', { length: 255 }),
});

/** The order of sign-ins and revocations. */
export const sessionsRevocations = mysqlTable('sessions_revocations', {
  userId: varchar('user_id', { length: 255 }).primaryKey(),
  slot: int('slot'),
  position: bigint('position', { mode: 'number' }),
  marks: bigint('marks', { mode: 'number' }),
});

export const sessionsPositions = mysqlTable('sessions_positions', {
  slot: int('slot').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
});

/** Attempts to sign in, counted. */
export const sessionsAttempts = mysqlTable('sessions_attempts', {
  bucket: varchar('bucket', { length: 32 }).primaryKey(),
  attempts: int('attempts').notNull(),
  waitUntil: bigint('wait_until', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
});
