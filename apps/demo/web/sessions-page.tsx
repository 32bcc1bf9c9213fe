import { useSessions } from '@trpc-sessions/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Header } from './header.tsx';
import { OtherSessions } from './other-sessions.tsx';
import { Problem } from './problem.tsx';
import { SessionCard } from './session-card.tsx';
import { SessionsSkeleton } from './sessions-skeleton.tsx';
import { Toast } from './toast.tsx';
import { useSessionChanges } from './use-session-changes.ts';

/** The sessions of the user, this device first. With `takesFocus`, its heading takes the focus from the form that it replaces. */
export function SessionsPage({ takesFocus }: { takesFocus: boolean }) {
  const { sessions, isPending, error, revoke, revokeOthers, refetch } = useSessions();
  const [news, setNews] = useState<string | null>(null);
  const noNews = useCallback(() => setNews(null), []);
  const refresh = useCallback(() => void refetch(), [refetch]);
  useSessionChanges(refresh);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);

  const current = sessions.find((session) => session.current);

  return (
    <>
      <Header />
      <main className="page">
        <div className="page-head">
          <h1 ref={heading} tabIndex={-1}>
            Active sessions
          </h1>
          <p>Everywhere you are signed in. End any session that you do not recognise.</p>
        </div>
        {isPending && <SessionsSkeleton />}
        {error !== null && <Problem error={error} onRetry={refresh} />}
        {current !== undefined && (
          <>
            <section className="section" aria-labelledby="this-device">
              <div className="section-head">
                <h2 id="this-device">This device</h2>
              </div>
              <div className="cards">
                <SessionCard session={current} />
              </div>
            </section>
            <OtherSessions
              sessions={sessions.filter((session) => !session.current)}
              revoke={revoke}
              revokeOthers={revokeOthers}
              onEnded={setNews}
            />
          </>
        )}
      </main>
      <Toast text={news} onDone={noNews} />
    </>
  );
}
