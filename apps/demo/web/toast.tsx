import { useEffect } from 'react';

const shownMilliseconds = 5000;

/** Shows the latest news for a while. It is always rendered, because screen readers announce changes only. */
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
