import { useEffect } from 'react';

const shownMilliseconds = 5000;

/** Says what has just happened, to eyes and screen readers alike, and goes by itself. Always rendered: readers hear changes. */
export function Toast({ text, onDone }: { text: string | null; onDone: () => void }) {
  useEffect(() => {
    if (text === null) return undefined;
    const timer = setTimeout(onDone, shownMilliseconds);
    return () => clearTimeout(timer);
  }, [text, onDone]);

  return (
    <div className="toast" role="status">
      {text !== null && <span key={text}>{text}</span>}
    </div>
  );
}
