import { randomUUID } from 'node:crypto';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import type { SessionManager } from '@trpc-sessions/core';
import type { AuthenticatedUser, AuthenticateOptions, PasswordCredentials } from '@trpc-sessions/server';
import type { Kysely } from 'kysely';
import type { Database, UsersTable } from './schema.ts';

/** The claims of the demo's tokens. */
export interface UserClaims {
  username: string;
}

/** Checks a user's password. An unknown user takes as long as a wrong password. */
export async function authenticate(
  db: Kysely<Database>,
  { username, password }: PasswordCredentials,
  request: AuthenticateOptions,
): Promise<AuthenticatedUser<UserClaims> | null> {
  const user = await findUser(db, username);
  const matches = await verifyPassword(password, user?.password_hash, request);
  return user !== undefined && matches ? { id: user.id, claims: { username: user.username } } : null;
}

/** Adds a user, unless the name is taken. Returns the user with this name. */
async function addUser(db: Kysely<Database>, { username, password }: PasswordCredentials): Promise<UsersTable> {
  const taken = await findUser(db, username);
  if (taken !== undefined) return taken;
  const user = { id: randomUUID(), username, password_hash: await hashPassword(password) };
  try {
    await db.insertInto('users').values(user).execute();
    return user;
  } catch (error) {
    // Another process may have added it in the meantime: two that start at once on one database do.
    const added = await findUser(db, username);
    if (added === undefined) throw error;
    return added;
  }
}

/** Finds a user by the exact name. MariaDB ignores trailing spaces, and in a table of an older demo also case and accents. */
async function findUser(db: Kysely<Database>, username: string): Promise<UsersTable | undefined> {
  const users = await db.selectFrom('users').selectAll().where('username', '=', username).execute();
  return users.find((user) => user.username === username);
}

const seeded: PasswordCredentials = { username: 'admin', password: 'admin' };

/** Adds `admin` / `admin`, unless the name is taken. Returns the user with this name. */
export function addSeededUser(db: Kysely<Database>): Promise<UsersTable> {
  return addUser(db, seeded);
}

/** Removes the user of an earlier seed, and their sessions, if the password is still the seeded one. */
export async function removeSeededUser(db: Kysely<Database>, manager: SessionManager): Promise<void> {
  const user = await findUser(db, seeded.username);
  if (user === undefined || !(await verifyPassword(seeded.password, user.password_hash))) return;
  await db.deleteFrom('users').where('id', '=', user.id).execute();
  await manager.revokeAll(user.id);
}
