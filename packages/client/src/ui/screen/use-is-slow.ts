import { useEffect, useState } from 'react';

/** How long a user waits without a word, in milliseconds. */
export const slowAfter = 4_000;

/** Whether a wait has lasted longer than {@link slowAfter}. */
export function useIsSlow(isWaiting: boolean): boolean {
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setTimeout(() => setIsSlow(true), slowAfter);
    return () => {
      clearTimeout(timer);
      setIsSlow(false);
    };
  }, [isWaiting]);
  return isSlow && isWaiting;
}
