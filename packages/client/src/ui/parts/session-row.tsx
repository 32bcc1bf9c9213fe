import type { SessionInfo } from '../../react/index.ts';
import type { ReactElement, ReactNode } from 'react';
import { deviceTextsOf, placeOf, titleOf } from '../screen/describe-session.ts';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';

/** A row of the list, as {@link SessionRow} gives it to your markup. */
export interface SessionRowState {
  readonly session: SessionInfo;
  readonly title: string;
  /** The device, the place and the address, without words of the title. */
  readonly texts: readonly string[];
  readonly isNew: boolean;
  /** Whether the session is being revoked. */
  readonly isPending: boolean;
  readonly isSelecting: boolean;
  readonly isSelected: boolean;
  readonly toggle: () => void;
  readonly showDetails: () => void;
  readonly askToSignOut: () => void;
}

/** Props of {@link SessionRow}. */
export interface SessionRowProps {
  readonly screen: SessionsScreen;
  readonly session: SessionInfo;
  readonly children: (row: SessionRowState) => ReactNode;
}

/** One session, in your own markup. */
export function SessionRow({ screen, session, children }: SessionRowProps): ReactElement {
  const { labels, selection, signOut, newIds, pendingIds } = screen;
  const places = [placeOf(session, labels), session.ip].filter((text) => text !== null);
  return (
    <>
      {children({
        session,
        title: titleOf(session, labels),
        // A client may call its device as its place is called.
        texts: [...new Set([...deviceTextsOf(session, labels), ...places])],
        isNew: newIds.has(session.id),
        isPending: pendingIds.has(session.id),
        isSelecting: selection.isActive && !session.current,
        isSelected: selection.has(session),
        toggle: () => selection.toggle(session),
        showDetails: () => screen.showDetails(session),
        askToSignOut: () => signOut.ask(session.current ? 'this' : 'one', [session]),
      })}
    </>
  );
}
