import { useEffect, useState } from 'react';

/** Counts seconds down. */
export function useCountdown(): { readonly left: number; readonly start: (seconds: number) => void } {
  const [end, setEnd] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (end === 0) return undefined;
    const timer = setInterval(() => {
      const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(seconds);
      if (seconds === 0) setEnd(0);
    }, 250);
    return () => clearInterval(timer);
  }, [end]);
  return {
    left,
    start(seconds) {
      setLeft(seconds);
      setEnd(Date.now() + seconds * 1000);
    },
  };
}
