import type { ReactElement } from 'react';

/** The shape of sessions that are still loading. */
export function Skeleton(): ReactElement {
  return (
    <div className="tss-card" aria-hidden="true">
      {[1, 2, 3].map((row) => (
        <div key={row} className="tss-row">
          <span className="tss-bone tss-icon" />
          <span className="tss-row-texts">
            <span className="tss-bone" />
            <span className="tss-bone" />
          </span>
        </div>
      ))}
    </div>
  );
}
