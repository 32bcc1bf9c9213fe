import { availableParallelism } from 'node:os';
import type * as Argon2 from '@node-rs/argon2';
import { maxPasswordLength } from './length.ts';
import { createPasswordQueue } from './queue.ts';
import { networkOf } from '../session/network.ts';
import { sharedByCopies } from '../shared-by-copies.ts';

export { maxPasswordLength } from './length.ts';

/** argon2id, 19 MiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet. The algorithm is the library's default. */
const parameters: Argon2.Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Node's thread pool has 4 threads: a flood of sign-ins must leave some for the file system and DNS. */
const queue = /* @__PURE__ */ sharedByCopies('password-queue', () =>
  createPasswordQueue({ maxRunning: Math.max(1, Math.min(2, availableParallelism() - 1)), maxWaiting: 100 }),
);

/** Whose password is hashed. {@link Authenticate} of the server package hands over just this. */
export interface PasswordOptions {
  /** Drops the work if its caller has gone before it began. */
  readonly signal?: AbortSignal | undefined;
  /** The caller: networks take turns, so that a flood from one delays only that one. */
  readonly caller?: { readonly ip?: string | null | undefined } | undefined;
}

/**
 * Hashes a password with argon2id, to store beside the user.
 *
 * @returns the hash in PHC form, salt and parameters included
 * @throws {RangeError} the password is empty or longer than {@link maxPasswordLength}
 * @throws {SessionError} `too_many_attempts`: too many passwords wait to be hashed
 * @throws {Error} `@node-rs/argon2`, the optional peer that hashes, is not installed
 *
 * @example
 * ```ts
 * import { hashPassword } from '@trpc-sessions/core/password';
 *
 * const passwordHash = await hashPassword(password);
 * ```
 */
export async function hashPassword(password: string, options: PasswordOptions = {}): Promise<string> {
  if (!isAcceptable(password)) throw new RangeError(`password: expected 1 to ${maxPasswordLength} characters`);
  const { hash } = await loadArgon2();
  return enqueue(() => hash(password, parameters), options);
}

/**
 * Checks a password against its hash. Pass `null` for an unknown user: it hashes all the same, so that an unknown user and
 * a wrong password take the same time.
 *
 * @returns `false` too for a password that is empty or too long, and for a text that is not a hash
 * @throws {SessionError} `too_many_attempts`: too many passwords wait to be hashed
 * @throws the reason of the `signal`, if it is aborted before the work begins
 * @throws {Error} `@node-rs/argon2`, the optional peer that hashes, is not installed
 *
 * @example
 * ```ts
 * import { verifyPassword } from '@trpc-sessions/core/password';
 *
 * authenticate: async ({ username, password }, request) => {
 *   const user = await findUser(username);
 *   const ok = await verifyPassword(password, user?.passwordHash ?? null, request);
 *   return user && ok ? { id: user.id } : null;
 * },
 * ```
 */
export async function verifyPassword(
  password: string,
  passwordHash: string | null | undefined,
  options: PasswordOptions = {},
): Promise<boolean> {
  if (!isAcceptable(password)) return false;
  const known = typeof passwordHash === 'string' && passwordHash.startsWith('$argon2');
  const { verify } = await loadArgon2();
  const matches = await enqueue(() => verify(known ? passwordHash : dummyHash, password).catch(() => false), options);
  return known && matches;
}

/** Stands for the hash of an unknown user. It takes as long as any other, from the first time on. */
export const dummyHash =
  '$argon2id$v=19$m=19456,t=2,p=1$A6RwTSKJhmaWY3BeWRbsig$k0ERO1+YvZxRJmdBDrmAKAnlKw7Dikj6n7MGzUsJvMM';

function enqueue<TResult>(work: () => Promise<TResult>, { signal, caller }: PasswordOptions): Promise<TResult> {
  const ip = caller?.ip ?? null;
  return queue.run(work, ip === null ? 'unknown' : networkOf(ip), signal);
}

let argon2: Promise<Pick<typeof Argon2, 'hash' | 'verify'>> | undefined;

/** Loads it on first use: an app without passwords does not need it. */
function loadArgon2(): NonNullable<typeof argon2> {
  argon2 ??= import('@node-rs/argon2').catch((cause: unknown) => {
    throw new Error('passwords are hashed by @node-rs/argon2, which is not installed: npm install @node-rs/argon2', {
      cause,
    });
  });
  return argon2;
}

function isAcceptable(password: unknown): boolean {
  return typeof password === 'string' && password.length > 0 && password.length <= maxPasswordLength;
}
