import type { SessionInfo } from '../../react/index.ts';
import { useId, type ReactElement, type ReactNode } from 'react';
import { titleOf } from '../screen/describe-session.ts';
import { factsOf, type SessionFact } from '../screen/session-facts.ts';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Modal } from './modal.tsx';
import { useAction, type Action } from './use-action.ts';

/** The details of a session, as `SessionDetails` gives them to your markup. */
export interface SessionDetailsState {
  readonly session: SessionInfo;
  /** The id that your heading must have. */
  readonly titleId: string;
  readonly title: string;
  readonly facts: readonly SessionFact[];
  readonly isNew: boolean;
  /** Names the session: `rename.run('My laptop')`. An empty text removes the name. */
  readonly rename: Action<string>;
  readonly close: () => void;
  /** Closes the details, and asks before the session ends. */
  readonly askToSignOut: () => void;
  /** The same, for a session that the user does not know; `null` if the app has no `onNotMe`, and for this device. */
  readonly askNotMe: (() => void) | null;
}

/** Props of `SessionDetails`. */
export interface SessionDetailsProps {
  readonly screen: SessionsScreen;
  readonly className?: string | undefined;
  readonly children: (details: SessionDetailsState) => ReactNode;
}

export interface OpenDetailsProps extends SessionDetailsProps {
  readonly session: SessionInfo;
}

/** The dialog of a session. Its action begins and ends with it. */
export function OpenDetails({ screen, session, className, children }: OpenDetailsProps): ReactElement {
  const { labels, signOut, showDetails, canDisown, newIds } = screen;
  const titleId = useId();
  const rename = useAction((name: string) => screen.rename(session, name.trim() || null), labels);
  function close(): void {
    if (!rename.isPending) showDetails(null);
  }
  function ask(kind: 'one' | 'this' | 'notMe'): void {
    if (rename.isPending) return;
    showDetails(null);
    signOut.ask(kind, [session]);
  }

  return (
    <Modal labelledBy={titleId} isPending={rename.isPending} onClose={close} className={className}>
      {children({
        session,
        titleId,
        title: titleOf(session, labels),
        facts: factsOf(session, labels),
        isNew: newIds.has(session.id),
        rename,
        close,
        askToSignOut: () => ask(session.current ? 'this' : 'one'),
        askNotMe: canDisown && !session.current ? () => ask('notMe') : null,
      })}
    </Modal>
  );
}
