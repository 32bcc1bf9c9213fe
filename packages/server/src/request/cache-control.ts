import type { IncomingRequest } from './request.ts';

/**
 * Creates the function that keeps a response out of every cache. It sets the header once: the calls of a batch share
 * their response.
 *
 * @see RFC 6749 §5.1 (an answer with a token) and RFC 9111 §5.2.2.5
 */
export function createPreventCaching({ appendHeader }: IncomingRequest): () => void {
  let isSet = false;
  return () => {
    if (!isSet) appendHeader?.('cache-control', 'no-store');
    isSet = true;
  };
}
