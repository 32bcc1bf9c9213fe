import type { ReactElement } from 'react';

/** The shape of sessions that are still loading. */
export function Skeleton(): ReactElement {
  return (
    <div className="tss-card" aria-hidden="true">
      {widths.map((inlineSize) => (
        <div key={inlineSize} className="tss-row">
          <span className="tss-bone tss-icon" />
          <span className="tss-row-texts">
            <span className="tss-bone" style={{ inlineSize }} />
            <span className="tss-bone" style={{ inlineSize: '70%' }} />
          </span>
        </div>
      ))}
    </div>
  );
}

const widths = ['44%', '36%', '52%'];
