import type { SessionInfo } from '../../react/index.ts';
import { useEffect, useMemo, useState } from 'react';
import { useIsHydrated } from './use-is-hydrated.ts';

/**
 * The sessions that signed in since this device last showed the list to this user. On the first look, and without a storage,
 * none is new.
 */
export function useNewIds(userId: string | null, sessions: readonly SessionInfo[]): ReadonlySet<string> {
  const [looked, setLooked] = useState(() => ({ userId, at: readLook(userId) }));
  if (looked.userId !== userId) setLooked({ userId, at: readLook(userId) });

  useEffect(() => writeLook(userId, sessions), [userId, sessions]);

  // The server, whose result hydrates first, has no storage.
  const isHydrated = useIsHydrated();
  return useMemo(() => {
    if (!isHydrated) return new Set();
    const isNew = ({ current, createdAt }: SessionInfo) => !current && createdAt.getTime() > looked.at;
    return new Set(sessions.filter(isNew).map(({ id }) => id));
  }, [sessions, looked, isHydrated]);
}

const keyOf = (userId: string) => `trpc-sessions.looked.${userId}`;

function readLook(userId: string | null): number {
  if (userId === null || typeof window === 'undefined') return Infinity;
  try {
    const text = localStorage.getItem(keyOf(userId));
    return text === null ? Infinity : Number(text);
  } catch {
    return Infinity;
  }
}

/** Keeps the server's time of the latest sign-in: clocks of devices differ. */
function writeLook(userId: string | null, sessions: readonly SessionInfo[]): void {
  if (userId === null || sessions.length === 0) return;
  try {
    localStorage.setItem(keyOf(userId), String(Math.max(...sessions.map(({ createdAt }) => createdAt.getTime()))));
  } catch {
    // A blocked or full storage: no session is shown as new.
  }
}
