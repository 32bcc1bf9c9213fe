/** The shape of sessions that are still loading. */
export function SessionsSkeleton() {
  return (
    <div role="status">
      <span className="visually-hidden">Loading your sessions…</span>
      <div className="cards" aria-hidden="true">
        {widths.map((width) => (
          <div key={width} className="session">
            <span className="bone bone-icon" />
            <div className="session-text">
              <span className="bone" style={{ width }} />
              <span className="bone" style={{ width: '72%' }} />
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

const widths = ['44%', '36%', '52%'];
