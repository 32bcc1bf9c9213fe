import { sessionErrors, type SessionErrorReason } from '@trpc-sessions/core';
import type { IncomingRequest } from './request.ts';

/**
 * Creates the function that sets `WWW-Authenticate` on the response to a refusal. It sets the header once: the calls of a
 * batch share their response.
 *
 * @see RFC 9110 §15.5.2 (a 401 has one) and RFC 6750 §3
 */
export function createChallenge({ appendHeader }: IncomingRequest): (reason: SessionErrorReason) => void {
  let isSet = false;
  return (reason) => {
    const { code, challenge } = sessionErrors[reason];
    if (isSet || code !== 'UNAUTHORIZED') return;
    isSet = true;
    appendHeader?.('www-authenticate', challenge === null ? 'Bearer' : `Bearer error="${challenge}"`);
  };
}
