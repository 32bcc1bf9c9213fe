import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify, type Options } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** argon2id, 19 MiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet. The algorithm is the library's default. */
const parameters: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Node's thread pool has 4 threads: a flood of sign-ins must leave some for the file system and DNS. */
const limit = pLimit(Math.max(1, Math.min(2, availableParallelism() - 1)));

/** Longer passwords are refused unread, so that hashing them cannot be made to cost. In characters. */
export const maxPasswordLength = 1024;

/**
 * Hashes a password with argon2id, to store beside the user.
 *
 * @returns the hash in PHC form, salt and parameters included
 * @throws {RangeError} the password is empty or longer than {@link maxPasswordLength}
 *
 * @example
 * ```ts
 * import { hashPassword } from '@trpc-sessions/core/password';
 *
 * const passwordHash = await hashPassword(password);
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  if (!isAcceptable(password)) throw new RangeError(`password: expected 1 to ${maxPasswordLength} characters`);
  return limit(() => hash(password, parameters));
}

/**
 * Checks a password against its hash. Where there is no user pass `null`: it hashes all the same, so that an unknown
 * user and a wrong password take the same time.
 *
 * @returns `false` too for a password that is empty or too long, and for a hash that is not one
 *
 * @example
 * ```ts
 * import { verifyPassword } from '@trpc-sessions/core/password';
 *
 * const user = await findUser(username);
 * const ok = await verifyPassword(password, user?.passwordHash ?? null);
 * return user && ok ? { id: user.id } : null;
 * ```
 */
export async function verifyPassword(password: string, passwordHash: string | null | undefined): Promise<boolean> {
  if (!isAcceptable(password)) return false;
  const known = typeof passwordHash === 'string' && passwordHash.startsWith('$argon2');
  const against = known ? passwordHash : await nobodysHash();
  const matches = await limit(() => verify(against, password).catch(() => false));
  return known && matches;
}

let nobody: Promise<string> | undefined;

/** A hash that no password has, made once. */
function nobodysHash(): Promise<string> {
  nobody ??= limit(() => hash(randomBytes(32), parameters));
  return nobody;
}

function isAcceptable(password: unknown): boolean {
  return typeof password === 'string' && password.length > 0 && password.length <= maxPasswordLength;
}
