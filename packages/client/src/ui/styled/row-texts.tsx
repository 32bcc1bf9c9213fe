import type { ReactElement } from 'react';
import { RelativeTime } from '../parts/relative-time.tsx';
import type { SessionRowState } from '../parts/session-row.tsx';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';

export interface RowTextsProps {
  readonly row: SessionRowState;
  readonly screen: SessionsScreen;
  readonly id: string;
}

/** The line below the title. The style puts dots between its parts. */
export function RowTexts({ row: { session, texts }, screen: { labels, locale }, id }: RowTextsProps): ReactElement {
  return (
    <p className="tss-parts" id={id}>
      {texts.map((text) => (
        <span key={text}>
          <bdi>{text}</bdi>
        </span>
      ))}
      {session.current ? (
        <span className="tss-active">{labels.activeNow}</span>
      ) : (
        <span>
          <span className="tss-hidden">{labels.lastSeenAt} </span>
          <RelativeTime date={session.lastSeenAt} locale={locale} />
        </span>
      )}
    </p>
  );
}
