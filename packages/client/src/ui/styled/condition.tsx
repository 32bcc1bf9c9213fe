import type { ReactElement } from 'react';
import { useAction } from '../parts/use-action.ts';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';

/**
 * Says that the list is loading, out of date or could not be loaded. It is always rendered, because screen readers announce
 * changes only.
 */
export function Condition({ screen }: { readonly screen: SessionsScreen }): ReactElement {
  const { status, isSlow, isOnline, error, labels } = screen;
  const retry = useAction<void>(screen.retry, labels);
  return (
    <>
      <div role="status">
        {status === 'loading' && <p className="tss-hidden">{labels.loading}</p>}
        {!isOnline && <p className="tss-note">{labels.offline}</p>}
        {isSlow && isOnline && <p className="tss-note">{labels.slow}</p>}
        {status === 'signedOut' && <p className="tss-note">{labels.signedOut}</p>}
      </div>
      <div role="alert">
        {error !== null && (isOnline || status !== 'ready') && (
          <div className="tss-problem tss-failed">
            <p>{status === 'ready' ? labels.outdated : labels.failed}</p>
            <Button isPending={retry.isPending} onClick={retry.run}>
              {labels.retry}
            </Button>
          </div>
        )}
      </div>
    </>
  );
}
