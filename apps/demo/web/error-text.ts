import { retryAfter, sessionErrorReason } from '@trpc-sessions/client';
import { isTRPCClientError } from '@trpc/client';
import type { AppRouter } from '../server/router.ts';

/** The text for a failed sign-in. */
export function signInErrorText(error: unknown): string {
  switch (sessionErrorReason(error)) {
    case 'invalid_credentials':
      return 'Wrong username or password.';
    case 'too_many_attempts':
      return `Too many attempts. ${waitText(retryAfter(error))}`;
    case 'captcha_required':
      return 'Check the box below, then sign in again.';
    default:
      return errorText(error);
  }
}

/** The text for any other failure. */
export function errorText(error: unknown): string {
  const answer = isTRPCClientError<AppRouter>(error) ? error.data : null;
  // Without one it is the network, not the server.
  if (!answer) return 'The server cannot be reached. Check your connection and try again.';
  return 'Something went wrong on the server. Try again in a moment.';
}

/** The text for a wait. */
export function waitText(seconds: number | null): string {
  if (seconds === null) return 'Try again later.';
  return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
