import { useSyncExternalStore } from 'react';

/** Whether the browser has a network. A server is online. */
export function useIsOnline(): boolean {
  return useSyncExternalStore(subscribe, isOnline, onServer);
}

function subscribe(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}

const isOnline = () => navigator.onLine;
const onServer = () => true;
