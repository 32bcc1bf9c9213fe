import { randomUUID } from 'node:crypto';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import type { AuthenticatedUser, AuthenticateOptions, PasswordCredentials } from '@trpc-sessions/server';
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

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
  const user = await db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst();
  const matches = await verifyPassword(password, user?.password_hash, request);
  return user !== undefined && matches ? { id: user.id, claims: { username: user.username } } : null;
}

/** Adds a user, unless the name is taken. Returns whether it was added. */
export async function addUser(db: Kysely<Database>, { username, password }: PasswordCredentials): Promise<boolean> {
  if (await isTaken(db, username)) return false;
  const user = { id: randomUUID(), username, password_hash: await hashPassword(password) };
  try {
    await db.insertInto('users').values(user).execute();
    return true;
  } catch (error) {
    // Another process may have added it in the meantime: two that start at once on one database do.
    if (await isTaken(db, username)) return false;
    throw error;
  }
}

async function isTaken(db: Kysely<Database>, username: string): Promise<boolean> {
  return (await db.selectFrom('users').select('id').where('username', '=', username).executeTakeFirst()) !== undefined;
}
