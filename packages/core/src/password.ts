import { availableParallelism } from 'node:os';
import type * as Argon2 from '@node-rs/argon2';
import pLimit from 'p-limit';

/** argon2id, 19 MiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet. The algorithm is the library's default. */
const parameters: Argon2.Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Node's thread pool has 4 threads: a flood of sign-ins must leave some for the file system and DNS. */
const limit = pLimit(Math.max(1, Math.min(2, availableParallelism() - 1)));

/** Longer passwords are refused unread, so that hashing them cannot be made to cost. In characters. */
export const maxPasswordLength = 1024;

/**
 * Hashes a password with argon2id, to store beside the user.
 *
 * @returns the hash in PHC form, salt and parameters included
 * @throws {RangeError} the password is empty or longer than {@link maxPasswordLength}
 * @throws {Error} `@node-rs/argon2`, which does the work, is not installed
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
  const { hash } = await loadArgon2();
  return limit(() => hash(password, parameters));
}

/**
 * Checks a password against its hash. Where there is no user pass `null`: it hashes all the same, so that an unknown
 * user and a wrong password take the same time.
 *
 * @returns `false` too for a password that is empty or too long, and for a hash that is not one
 * @throws {Error} `@node-rs/argon2`, which does the work, is not installed
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
  const { verify } = await loadArgon2();
  const matches = await limit(() => verify(known ? passwordHash : nobodysHash, password).catch(() => false));
  return known && matches;
}

/** Of nobody's password: what stands for the hash was drawn at random. It takes as long as any, from the first time on. */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$A6RwTSKJhmaWY3BeWRbsig$k0ERO1+YvZxRJmdBDrmAKAnlKw7Dikj6n7MGzUsJvMM';

let argon2: Promise<Pick<typeof Argon2, 'hash' | 'verify'>> | undefined;

/** When it is first needed: an app without passwords has no use for it. */
function loadArgon2(): NonNullable<typeof argon2> {
  argon2 ??= import('@node-rs/argon2').catch((cause: unknown) => {
    throw new Error('passwords are hashed by @node-rs/argon2: install it', { cause });
  });
  return argon2;
}

function isAcceptable(password: unknown): boolean {
  return typeof password === 'string' && password.length > 0 && password.length <= maxPasswordLength;
}
