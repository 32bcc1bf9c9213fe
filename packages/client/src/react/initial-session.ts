import { useEffect, useState } from 'react';
import { cookieMarkPrefix, readToken } from '../tokens/token-store.ts';
import { isCookieMark } from '../tokens/cookie-store.ts';
import { currentKey } from './queries.ts';
import type { ReceivedCurrentSession } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';
import { prepareForUser, type PageUser } from './user-change.ts';

/** The session that a server has rendered; `null` if it has rendered for a visitor, and `undefined` if it does not say. */
export type InitialSession = ReceivedCurrentSession | null | undefined;

/**
 * Takes over the session that a server has rendered, at first and whenever it renders again: its cookie may have been set by
 * a server action. Returns whether it has been taken over: until then, the hooks return it.
 */
export function useInitialSession(user: PageUser, initialSession: InitialSession): boolean {
  const [settled, setSettled] = useState<InitialSession>(undefined);
  const isSettled = initialSession === undefined || (settled !== undefined && settled?.id === initialSession?.id);
  const [prepared, setPrepared] = useState<InitialSession>(undefined);
  if (prepared !== initialSession) {
    setPrepared(initialSession);
    // Before the components below hydrate the answers that the server has rendered for this user.
    if (initialSession !== undefined) prepareForUser(user, initialSession?.userId ?? null);
  }
  useEffect(() => {
    // Also if it is the same session: the one from the server is newer.
    if (settled === initialSession || initialSession === undefined) return;
    takeOver(user, initialSession);
    // oxlint-disable-next-line react/set-state-in-effect -- the page may hold another token until now
    setSettled(initialSession);
  }, [user, initialSession, settled]);
  return isSettled;
}

function takeOver(user: PageUser, initial: ReceivedCurrentSession | null): void {
  const { queryClient, tokens } = user;
  const held = readToken(tokens);
  // The page holds a token itself: the server does not know of it.
  if (held !== null && !isCookieMark(held)) return;
  const mark = initial === null ? null : `${cookieMarkPrefix}${initial.id}`;
  if (mark !== held) {
    // The cache is ready for this user.
    user.version = undefined;
    tokens.set(mark);
  }
  if (initial !== null) queryClient.setQueryData(currentKey(tokenVersionOf(tokens)), initial);
}
