import { bigint, integer, pgTable, text, timestamp, varchar } from 'drizzle-orm/pg-core';

/** The live sessions, and those that have expired and are not purged yet. */
export const sessions = pgTable('sessions', {
  id: varchar('id', { length: 32 }).primaryKey(),
  userId: varchar('user_id', { length: 255 }).notNull(),
  createdAt: timestamp('created_at', { precision: 3, withTimezone: true }).notNull(),
  lastSeenAt: timestamp('last_seen_at', { precision: 3, withTimezone: true }).notNull(),
  expiresAt: timestamp('expires_at', { precision: 3, withTimezone: true }).notNull(),
  ip: varchar('ip', { length: 45 }),
  createdIp: varchar('created_ip', { length: 45 }),
  userAgent: text('user_agent'),
  device: text('device').notNull(),
  name: text('name'),
  data: text('data'),
  updatedAt: timestamp('updated_at', { precision: 3, withTimezone: true }),
  generation: integer('generation'),
  graceUntil: timestamp('grace_until', { precision: 3, withTimezone: true }),
});

/** How sessions have ended. */
export const sessionsHistory = pgTable('sessions_history', {
  id: varchar('id', { length: 32 }).primaryKey(),
  userId: varchar('user_id', { length: 255 }).notNull(),
  createdAt: timestamp('created_at', { precision: 3, withTimezone: true }).notNull(),
  lastSeenAt: timestamp('last_seen_at', { precision: 3, withTimezone: true }).notNull(),
  ip: varchar('ip', { length: 45 }),
  createdIp: varchar('created_ip', { length: 45 }),
  userAgent: text('user_agent'),
  device: text('device').notNull(),
  name: text('name'),
  endedAt: timestamp('ended_at', { precision: 3, withTimezone: true }).notNull(),
  keptUntil: timestamp('kept_until', { precision: 3, withTimezone: true }).notNull(),
  cause: varchar('cause', { length: 32 }).notNull(),
  bySession: varchar('by_session', { length: 32 }),
  byUser: varchar('by_user', { length: 255 }),
});

/** The order of sign-ins and revocations. */
export const sessionsRevocations = pgTable('sessions_revocations', {
  userId: varchar('user_id', { length: 255 }).primaryKey(),
  slot: integer('slot'),
  position: bigint('position', { mode: 'number' }),
  marks: bigint('marks', { mode: 'number' }),
});

/** Attempts to sign in, counted. */
export const sessionsAttempts = pgTable('sessions_attempts', {
  bucket: varchar('bucket', { length: 32 }).primaryKey(),
  attempts: integer('attempts').notNull(),
  waitUntil: bigint('wait_until', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
});
