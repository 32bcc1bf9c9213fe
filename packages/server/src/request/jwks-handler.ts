import type { SessionManager } from '@trpc-sessions/core';

/** How long other services keep the keys, in seconds. Publish a new key for longer than that before it signs. */
const maxAge = 300;

/**
 * Makes a handler that answers with the public keys of a manager, as a JWK Set: for services that verify its tokens. It is for
 * `/.well-known/jwks.json`, in Hono, in Next.js and wherever a handler returns a `Response`.
 *
 * @see RFC 7517 §5
 * @example
 * ```ts
 * import { jwksHandler } from '@trpc-sessions/server';
 *
 * export const GET = jwksHandler(manager);
 * ```
 */
export function jwksHandler(manager: Pick<SessionManager, 'publicKeys'>): () => Response {
  return () =>
    new Response(JSON.stringify(manager.publicKeys()), {
      headers: { 'content-type': 'application/jwk-set+json', 'cache-control': `public, max-age=${maxAge}` },
    });
}
