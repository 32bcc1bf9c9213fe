import { isSessionError } from '@trpc-sessions/core';
import type { TRPCError } from '@trpc/server';
import { isTRPCError } from '../errors.ts';
import type { LoginAttempt } from './throttle.ts';

/** Signs in, and ends the attempt by the outcome. */
export async function withAttempt<TResult>(attempt: LoginAttempt, signIn: () => Promise<TResult>): Promise<TResult> {
  try {
    const result = await signIn();
    // The user is signed in. A store that fails keeps one attempt too many.
    await attempt.succeeded().catch(() => {});
    return result;
  } catch (error) {
    if (isAnswer(error)) attempt.failed();
    // The error of the sign-in says why, and not that of the store.
    else await attempt.abandoned().catch(() => {});
    throw error;
  } finally {
    attempt.close();
  }
}

/** Codes of faults: no guess was made. */
const faults: ReadonlySet<TRPCError['code']> = new Set([
  'INTERNAL_SERVER_ERROR',
  'NOT_IMPLEMENTED',
  'BAD_GATEWAY',
  'SERVICE_UNAVAILABLE',
  'GATEWAY_TIMEOUT',
]);

/**
 * Whether an error says something about the credentials. So does an error that the app made for the client: it may have come
 * before or after the password was checked. A caller who has gone may have learned how long that took.
 */
function isAnswer(error: unknown): boolean {
  if (isTRPCError(error)) {
    // The queue of passwords was full.
    if (isSessionError(error.cause)) return error.cause.reason !== 'too_many_attempts';
    return !faults.has(error.code);
  }
  return isSessionError(error);
}
