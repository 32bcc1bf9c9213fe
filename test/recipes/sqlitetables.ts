import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The live sessions, and those that have expired and are not purged yet. */
export const sessions = sqliteTable('sessions', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  lastSeenAt: integer('last_seen_at', { mode: 'timestamp_ms' }).notNull(),
  expiresAt: integer('expires_at', { mode: 'timestamp_ms' }).notNull(),
  ip: text('ip'),
  createdIp: text('created_ip'),
  userAgent: text('user_agent'),
  device: text('device').notNull(),
  name: text('name'),
  data: text('data'),
  updatedAt: integer('updated_at', { mode: 'timestamp_ms' }),
  generation: integer('generation'),
  graceUntil: integer('grace_until', { mode: 'timestamp_ms' }),
});

/** How sessions have ended. */
export const sessionsHistory = sqliteTable('sessions_history', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  lastSeenAt: integer('last_seen_at', { mode: 'timestamp_ms' }).notNull(),
  ip: text('ip'),
  createdIp: text('created_ip'),
  userAgent: text('user_agent'),
  device: text('device').notNull(),
  name: text('name'),
  endedAt: integer('ended_at', { mode: 'timestamp_ms' }).notNull(),
  keptUntil: integer('kept_until', { mode: 'timestamp_ms' }).notNull(),
  cause: text('cause').notNull(),
  bySession: text('by_session'),
  byUser: text('by_user'),
});

/** The order of sign-ins and revocations. */
export const sessionsRevocations = sqliteTable('sessions_revocations', {
  userId: text('user_id').primaryKey(),
  slot: integer('slot'),
  position: integer('position'),
  marks: integer('marks'),
});

export const sessionsPositions = sqliteTable('sessions_positions', {
  slot: integer('slot').primaryKey(),
  position: integer('position').notNull(),
});

/** Attempts to sign in, counted. */
export const sessionsAttempts = sqliteTable('sessions_attempts', {
  bucket: text('bucket').primaryKey(),
  attempts: integer('attempts').notNull(),
  waitUntil: integer('wait_until').notNull(),
  expiresAt: integer('expires_at').notNull(),
});
