import type { SessionInfo } from '../../react/index.ts';
import { useUserState } from './use-user-state.ts';

/** The sessions that the user has selected. */
export interface Selection {
  /** Whether the user is selecting. */
  readonly isActive: boolean;
  readonly sessions: readonly SessionInfo[];
  readonly hasAll: boolean;
  readonly has: (session: SessionInfo) => boolean;
  readonly start: () => void;
  /** Ends selecting, and selects none. */
  readonly stop: () => void;
  readonly toggle: (session: SessionInfo) => void;
  /** Selects all, or none if all are selected. */
  readonly toggleAll: () => void;
}

/** Selects some of these sessions. One that leaves the list is no longer selected. */
export function useSelection(userId: string | null, all: readonly SessionInfo[]): Selection {
  const [ids, setIds] = useUserState<ReadonlySet<string> | null>(userId, null);
  const has = ({ id }: SessionInfo) => ids?.has(id) ?? false;
  const sessions = all.filter(has);
  const hasAll = sessions.length === all.length;
  return {
    isActive: ids !== null && all.length > 0,
    sessions,
    hasAll,
    has,
    start: () => setIds(new Set()),
    stop: () => setIds(null),
    toggle: (session) => {
      const others = sessions.filter(({ id }) => id !== session.id);
      setIds(idsOf(has(session) ? others : [...others, session]));
    },
    toggleAll: () => setIds(idsOf(hasAll ? [] : all)),
  };
}

function idsOf(sessions: readonly SessionInfo[]): ReadonlySet<string> {
  return new Set(sessions.map(({ id }) => id));
}
