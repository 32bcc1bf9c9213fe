import { useSyncExternalStore } from 'react';

/** Whether the browser renders, and not a server or the page that hydrates its result. */
export function useIsHydrated(): boolean {
  return useSyncExternalStore(subscribe, yes, no);
}

const subscribe = () => () => {};
const yes = () => true;
const no = () => false;
