import { useEffect } from 'react';
import { trpc } from './trpc.ts';

/** Calls back whenever the sessions of the user may have changed, by the server's event stream. */
export function useSessionChanges(onChange: () => void): void {
  useEffect(() => {
    const changes = trpc.sessionChanges.subscribe(undefined, {
      onData: onChange,
      onConnectionStateChange({ state, error }) {
        // Connecting again, or disconnected: changes in between are unknown.
        if (state === 'pending' || error !== null) onChange();
      },
    });
    return () => changes.unsubscribe();
  }, [onChange]);
}
