import { useEffect, useId, useRef, type ReactElement } from 'react';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';
import { sectionHeadings, type HeadingLevel } from './heading.ts';
import { Row } from './row.tsx';
import { SelectionBar } from './selection-bar.tsx';

export interface OtherDevicesProps {
  readonly screen: SessionsScreen;
  readonly level: HeadingLevel;
}

/** The sessions of all other devices. */
export function OtherDevices({ screen, level }: OtherDevicesProps): ReactElement {
  const titleId = useId();
  const { labels, others, selection } = screen;
  const heading = useRef<HTMLHeadingElement>(null);
  const { done } = screen.signOut;
  useEffect(() => {
    // The row that had the focus is gone.
    if (done !== null) heading.current?.focus();
  }, [done]);
  const Heading = sectionHeadings[level];
  return (
    <section className="tss-section" aria-labelledby={titleId}>
      <div className="tss-section-head">
        <Heading id={titleId} ref={heading} tabIndex={-1}>
          {labels.otherDevices}
        </Heading>
        {(others.length > 1 || selection.isActive) && (
          <Button look="quiet" onClick={selection.isActive ? selection.stop : selection.start}>
            {selection.isActive ? labels.cancel : labels.select}
          </Button>
        )}
      </div>
      <div className="tss-card">
        {others.length === 0 ? (
          <p className="tss-empty">
            <strong>{labels.noOthers}</strong>
            {labels.noOthersHint}
          </p>
        ) : (
          <ul className="tss-list" role="list">
            {others.map((session) => (
              <Row key={session.id} screen={screen} session={session} />
            ))}
          </ul>
        )}
        {selection.isActive && <SelectionBar screen={screen} />}
      </div>
    </section>
  );
}
