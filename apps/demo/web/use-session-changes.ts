import { useEffect } from 'react';
import { trpc } from './trpc.ts';

/** Calls back whenever the sessions of the user may have changed, as the server tells it. */
export function useSessionChanges(onChange: () => void): void {
  useEffect(() => {
    const changes = trpc.sessionChanges.subscribe(undefined, {
      onData: onChange,
      onConnectionStateChange({ state, error }) {
        // Connected anew, or cut off: nobody has told what happened in between.
        if (state === 'pending' || error !== null) onChange();
      },
    });
    return () => changes.unsubscribe();
  }, [onChange]);
}
