/**
 * The meaning of each refusal: the one table from which the types, the tRPC plugin, the client and the docs derive.
 *
 * - `code`: the tRPC error code it becomes on the wire.
 * - `challenge`: the `error` of the `WWW-Authenticate: Bearer` challenge (RFC 6750 §3.1); `null` for a challenge without
 *   an error code, and for no challenge.
 * - `endsSession`: whether a client drops the token that was refused.
 * - `message`: for the developer. It never holds a token, a lookup id, a key or a parameter.
 */
export const sessionErrors = {
  missing_token: {
    code: 'UNAUTHORIZED',
    challenge: null,
    endsSession: false,
    message: 'No access token came with the request: sign in, then send it as "Authorization: Bearer <token>".',
  },
  malformed_token: {
    code: 'UNAUTHORIZED',
    challenge: 'invalid_token',
    endsSession: true,
    message: 'The access token is not shaped like one of ours: sign in again.',
  },
  invalid_token: {
    code: 'UNAUTHORIZED',
    challenge: 'invalid_token',
    endsSession: true,
    message: 'The access token is not valid (signature, algorithm, key, issuer, audience or claims): sign in again.',
  },
  expired_token: {
    code: 'UNAUTHORIZED',
    challenge: 'invalid_token',
    endsSession: true,
    message: 'The access token has expired: sign in again.',
  },
  revoked_session: {
    code: 'UNAUTHORIZED',
    challenge: 'invalid_token',
    endsSession: true,
    message: 'This session was revoked: sign in again.',
  },
  idle_session: {
    code: 'UNAUTHORIZED',
    challenge: 'invalid_token',
    endsSession: true,
    message: 'This session was unused for too long: sign in again.',
  },
  invalid_credentials: {
    code: 'UNAUTHORIZED',
    challenge: null,
    endsSession: false,
    message: 'These credentials are not right.',
  },
  too_many_attempts: {
    code: 'TOO_MANY_REQUESTS',
    challenge: null,
    endsSession: false,
    message: 'Too many attempts to sign in: wait before the next one.',
  },
  account_unavailable: {
    code: 'UNAUTHORIZED',
    challenge: 'invalid_token',
    endsSession: true,
    message: 'The account of this session is not available.',
  },
  captcha_required: {
    code: 'FORBIDDEN',
    challenge: null,
    endsSession: false,
    message: 'Solve the challenge to sign in.',
  },
  fresh_session_required: {
    code: 'FORBIDDEN',
    challenge: null,
    endsSession: false,
    message: 'Sign in again to confirm that it is you.',
  },
} as const;

/** One row of {@link sessionErrors}. */
export interface SessionErrorEntry {
  readonly code: 'UNAUTHORIZED' | 'FORBIDDEN' | 'TOO_MANY_REQUESTS';
  readonly challenge: 'invalid_token' | null;
  readonly endsSession: boolean;
  readonly message: string;
}

/** Why a request or a sign-in was refused. */
export type SessionErrorReason = keyof typeof sessionErrors;

/**
 * Why a session ended. `revoked`, `others` and `all`: as in the event `revoked`. `evicted`: by `maxSessionsPerUser`. `replaced`: by
 * a new sign-in of the same client. `staff`: by another user. `idle`: it was unused for too long. A newer release may have more.
 */
export type EndCause = 'revoked' | 'others' | 'all' | 'evicted' | 'replaced' | 'staff' | 'idle';

/** Who ended a session: its own device, another device of the user, another user, or the app by itself. */
export type EndedBy = 'self' | 'another_device' | 'staff' | 'system';

/** How a session ended. It does not hold the device, the address or the place of the one who ended it. */
export interface SessionEnd {
  readonly at: Date;
  readonly cause: EndCause;
  readonly by: EndedBy;
}

/** The details of a {@link SessionError}, beside its reason. */
export interface SessionErrorOptions {
  /** Replaces the table's message. Put nothing secret in it: it reaches the client. */
  readonly message?: string;
  /** The error underneath. It stays on the server. */
  readonly cause?: unknown;
  /** Seconds until another attempt is welcome (RFC 9110 §10.2.3); for `too_many_attempts`. */
  readonly retryAfter?: number;
  /** How the session ended; for `revoked_session`. */
  readonly ended?: SessionEnd | undefined;
}

/**
 * A refused request or sign-in. Its `reason` is a word that a program can act on.
 *
 * Misuse of the library throws a `TypeError` or `RangeError` instead. A fault, such as a database that is down, passes
 * through unchanged. So neither is mistaken for "signed out".
 *
 * @example
 * ```ts
 * import { SessionError } from '@trpc-sessions/core';
 *
 * throw new SessionError('too_many_attempts', { retryAfter: 30 });
 * ```
 */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  /** Why: a key of {@link sessionErrors}. */
  readonly reason: SessionErrorReason;
  /** Seconds until another attempt is welcome, if known. */
  readonly retryAfter: number | undefined;
  /** How the session ended, if that is known; for `revoked_session`. Another device of the user is not described. */
  readonly ended: SessionEnd | undefined;

  /** `instanceof` holds for an error of another copy of this package, too. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    return this === SessionError ? isSessionError(error) : isPrototypeOf(this, error);
  }

  constructor(reason: SessionErrorReason, options: SessionErrorOptions = {}) {
    super(options.message ?? sessionErrors[reason].message, 'cause' in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.retryAfter = options.retryAfter;
    this.ended = options.ended;
  }
}

/**
 * Answers whether a thrown value is a {@link SessionError}. It compares the name and the reason, not the class: an app may
 * load two copies of this package.
 */
export function isSessionError(error: unknown): error is SessionError {
  return (
    error instanceof Error &&
    error.name === 'SessionError' &&
    'reason' in error &&
    typeof error.reason === 'string' &&
    Object.hasOwn(sessionErrors, error.reason)
  );
}

/**
 * A misuse that only a call can show, such as a claim that overwrites a registered one. It is a bug of the app, neither a
 * refusal nor a fault.
 */
export class SessionUsageError extends TypeError {
  override readonly name = 'SessionUsageError';

  /** `instanceof` holds for an error of another copy of this package, too. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    return this === SessionUsageError ? isSessionUsageError(error) : isPrototypeOf(this, error);
  }
}

/** Answers whether a thrown value is a {@link SessionUsageError}. It compares the name, as {@link isSessionError} does. */
export function isSessionUsageError(error: unknown): error is SessionUsageError {
  return error instanceof Error && error.name === 'SessionUsageError';
}

/**
 * A function among the options failed. That is a fault of the app's own, which lasts unless its cause shows that it passes, as
 * that of a service that did not answer.
 */
export class CallbackError extends Error {
  override readonly name = 'CallbackError';

  constructor(option: string, cause: unknown) {
    super(`${option}: the function of the app failed`, { cause });
  }
}

/** Answers whether an error is of a class that extends one of ours. */
function isPrototypeOf(subclass: { readonly prototype: object }, error: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(subclass.prototype, Object(error));
}
