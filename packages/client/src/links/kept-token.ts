import type { Operation } from '@trpc/client';

const markName = 'trpc-sessions.kept';

/**
 * The context of a `login` whose caller keeps the token itself, as `useSession` does: the session has to be in the query
 * cache by the time that the store tells of the token, or there would be a moment of `loading` between.
 */
export const keptByCaller: Readonly<Record<string, true>> = { [markName]: true };

/** Answers whether the token that this operation brings is kept by its caller. */
export function isKeptByCaller(op: Operation): boolean {
  return op.context[markName] === true;
}
