import type { UseSessionsResult } from '@trpc-sessions/client/react';
import type { SessionInfo } from '@trpc-sessions/client';
import { useRef, useState } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { SessionCard, sessionTitle } from './session-card.tsx';

export interface OtherSessionsProps extends Pick<UseSessionsResult, 'revoke' | 'revokeOthers'> {
  readonly sessions: readonly SessionInfo[];
  /** Called with the news after sessions were ended. */
  readonly onEnded: (news: string) => void;
}

/** The user's sessions elsewhere, each of which can be ended, or all of them. */
export function OtherSessions({ sessions, revoke, revokeOthers, onEnded }: OtherSessionsProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The subject of the dialog, as it was when it opened: the list behind it may change.
  const [asked, setAsked] = useState<SessionInfo | { count: number } | null>(null);
  const cancel = () => setAsked(null);

  function done(news: string) {
    setAsked(null);
    onEnded(news);
    // The button that had the focus disappears with its session.
    heading.current?.focus();
  }

  return (
    <section className="section" aria-labelledby="other-sessions">
      <div className="section-head">
        <h2 id="other-sessions" ref={heading} tabIndex={-1}>
          Other sessions
        </h2>
        {sessions.length > 0 && (
          <button type="button" className="button button-end" onClick={() => setAsked({ count: sessions.length })}>
            End all other sessions
          </button>
        )}
      </div>
      {sessions.length === 0 ? (
        <div className="cards">
          <p className="empty">
            <strong>No other sessions</strong>
            You are signed in on this device only.
          </p>
        </div>
      ) : (
        <ul className="cards">
          {sessions.map((session) => (
            <li key={session.id}>
              <SessionCard session={session} onEnd={() => setAsked(session)} />
            </li>
          ))}
        </ul>
      )}
      {asked !== null && 'count' in asked && (
        <ConfirmDialog
          title="End all other sessions?"
          confirmLabel="End all"
          onConfirm={revokeOthers}
          onDone={() => done(`Ended ${countText(asked.count)}.`)}
          onCancel={cancel}
        >
          <strong>{countText(asked.count)}</strong> will be signed out at once. You stay signed in on this device.
        </ConfirmDialog>
      )}
      {asked !== null && 'id' in asked && (
        <ConfirmDialog
          title="End this session?"
          confirmLabel="End session"
          onConfirm={() => revoke(asked.id)}
          onDone={() => done(`Ended ${sessionTitle(asked)}.`)}
          onCancel={cancel}
        >
          <strong>{sessionTitle(asked)}</strong>
          {asked.ip !== null && ` (${asked.ip})`} will be signed out at once.
        </ConfirmDialog>
      )}
    </section>
  );
}

function countText(count: number): string {
  return count === 1 ? '1 other session' : `${count} other sessions`;
}
