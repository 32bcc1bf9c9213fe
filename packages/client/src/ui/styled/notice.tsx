import { useEffect, type ReactElement } from 'react';
import { questionTexts } from '../screen/question-texts.ts';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';

const shownFor = 6_000;

/** Says for a while that sessions have ended. It is always rendered, because screen readers announce changes only. */
export function Notice({ screen: { signOut, labels } }: { readonly screen: SessionsScreen }): ReactElement {
  const { done, dismiss } = signOut;
  useEffect(() => {
    if (done === null) return undefined;
    const timer = setTimeout(dismiss, shownFor);
    return () => clearTimeout(timer);
    // oxlint-disable-next-line react/exhaustive-deps -- a render in between does not start the time again
  }, [done]);

  return (
    <div className="tss-notice" role="status">
      {done !== null && done.kind !== 'this' && <span>{questionTexts(done, labels).done}</span>}
    </div>
  );
}
