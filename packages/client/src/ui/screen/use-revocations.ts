import { useSessions, type SessionInfo, type UseSessionsResult } from '../../react/index.ts';
import { useState } from 'react';

export interface Revocations extends Omit<UseSessionsResult, 'revoke'> {
  readonly revoke: (sessions: readonly SessionInfo[]) => Promise<void>;
  readonly revokingIds: ReadonlySet<string>;
}

/** Revokes several sessions at once, and shows which. */
export function useRevocations(): Revocations {
  const list = useSessions();
  const [revokingIds, setRevokingIds] = useState<ReadonlySet<string>>(new Set());

  async function during(ids: readonly string[], act: () => Promise<unknown>): Promise<void> {
    setRevokingIds((before) => new Set([...before, ...ids]));
    try {
      await act();
    } finally {
      setRevokingIds((before) => new Set([...before].filter((id) => !ids.includes(id))));
    }
  }

  return {
    ...list,
    revokingIds,
    revoke: (sessions) =>
      during(
        sessions.map(({ id }) => id),
        () => Promise.all(sessions.map(({ id }) => list.revoke(id))),
      ),
    revokeOthers: () =>
      during(
        list.sessions.filter(({ current }) => !current).map(({ id }) => id),
        list.revokeOthers,
      ),
  };
}
