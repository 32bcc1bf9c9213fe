import { useSession, useSessions, type SessionInfo } from '../../react/index.ts';
import { useMemo } from 'react';
import { labelsEn } from '../labels/labels-en.ts';
import type { SessionsLabels } from '../labels/labels.ts';
import { useLocale } from './use-locale.ts';
import { useIsOnline } from './use-is-online.ts';
import { useIsSlow } from './use-is-slow.ts';
import { useNewIds } from './use-new-ids.ts';
import { useSelection, type Selection } from './use-selection.ts';
import { useSignOut, type SignOut } from './use-sign-out.ts';
import { useUserState } from './use-user-state.ts';

/** Options of {@link useSessionsScreen}. */
export interface SessionsScreenOptions {
  /** All texts. @defaultValue `labelsEn` */
  readonly labels?: SessionsLabels | undefined;
  /** The locale of dates, such as `en-GB`. @defaultValue that of the page or the browser, if it is of the labels' language */
  readonly locale?: string | undefined;
  /**
   * Called after the user has said "This wasn't me" and the session has ended. Show your password change here. Without it, the
   * screen does not ask.
   */
  readonly onNotMe?: ((session: SessionInfo) => void) | undefined;
}

/** The state of the screen and its actions. */
export interface SessionsScreen {
  /** - `failed`: the list could not be loaded, and no older one is there. */
  readonly status: 'signedOut' | 'loading' | 'failed' | 'ready';
  /** Whether loading takes longer than usual. */
  readonly isSlow: boolean;
  readonly isOnline: boolean;
  /** Why the last fetch failed. With the status `ready`, the list is an older one. */
  readonly error: Error | null;
  /** Fetches the list again. */
  readonly retry: () => Promise<void>;
  /** The session of this device. */
  readonly current: SessionInfo | null;
  /** The most recently seen first. */
  readonly others: readonly SessionInfo[];
  /** The sessions that signed in since this device last showed the list to this user. */
  readonly newIds: ReadonlySet<string>;
  /** The sessions that are being revoked. */
  readonly pendingIds: ReadonlySet<string>;
  readonly selection: Selection;
  /** Signing out: the question that is asked first, and its answer. */
  readonly signOut: SignOut;
  /** The session whose details are shown. */
  readonly details: SessionInfo | null;
  readonly showDetails: (session: SessionInfo | null) => void;
  /** Names a session; `null` removes the name. */
  readonly rename: (session: SessionInfo, name: string | null) => Promise<void>;
  /** Whether "This wasn't me" is offered. */
  readonly canDisown: boolean;
  readonly labels: SessionsLabels;
  readonly locale: string;
}

/**
 * The screen of the user's sessions without its markup. {@link Sessions} is built of it.
 *
 * @throws {Error} outside a `SessionProvider`
 * @example
 * ```tsx
 * import { SessionRow, useSessionsScreen } from '@trpc-sessions/client/ui';
 *
 * const screen = useSessionsScreen();
 * return screen.others.map((session) => (
 *   <SessionRow key={session.id} screen={screen} session={session}>
 *     {({ title, askToSignOut }) => <button onClick={askToSignOut}>{title}</button>}
 *   </SessionRow>
 * ));
 * ```
 */
export function useSessionsScreen({ labels: given, locale, onNotMe }: SessionsScreenOptions = {}): SessionsScreen {
  // An app's own texts may be of an earlier release, which had fewer.
  const labels = useMemo(() => ({ ...labelsEn, ...given }), [given]);
  const { status, userId, logout } = useSession();
  // A session that does not end must not have looked ended.
  const { sessions, error, refetch, revoke, revokeOthers, rename, revokingIds } = useSessions({ optimistic: false });
  const current = sessions.find((session) => session.current) ?? null;
  const others = useMemo(() => latestFirst(sessions.filter((session) => !session.current)), [sessions]);
  const selection = useSelection(userId, others);
  const signOut = useSignOut({ userId, revoke, revokeOthers, logout, onNotMe, onDone: selection.stop });
  const [shown, showDetails] = useUserState<SessionInfo | null>(userId, null);
  const isLoading = status !== 'signedOut' && sessions.length === 0 && error === null;

  return {
    status: status === 'signedOut' ? status : isLoading ? 'loading' : sessions.length === 0 ? 'failed' : 'ready',
    isSlow: useIsSlow(isLoading),
    isOnline: useIsOnline(),
    error,
    retry: refetch,
    current,
    others,
    newIds: useNewIds(userId, sessions),
    pendingIds: revokingIds,
    selection,
    signOut,
    // It may have been named meanwhile, or have ended elsewhere.
    details: shown && (sessions.find(({ id }) => id === shown.id) ?? shown),
    showDetails,
    rename,
    canDisown: onNotMe !== undefined,
    labels,
    locale: useLocale(labels.language, locale),
  };
}

function latestFirst(sessions: readonly SessionInfo[]): readonly SessionInfo[] {
  return sessions.toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime());
}
