import type { SessionInfo } from '../../react/index.ts';
import { useId, type ReactElement } from 'react';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';
import { sectionHeadings, type HeadingLevel } from './heading.ts';
import { Row } from './row.tsx';

export interface ThisDeviceProps {
  readonly screen: SessionsScreen;
  readonly session: SessionInfo;
  readonly level: HeadingLevel;
}

/** The session of this device, and the way to end all others. */
export function ThisDevice({ screen, session, level }: ThisDeviceProps): ReactElement {
  const titleId = useId();
  const { labels, others, signOut } = screen;
  const Heading = sectionHeadings[level];
  return (
    <section className="tss-section" aria-labelledby={titleId}>
      <div className="tss-section-head">
        <Heading id={titleId}>{labels.thisDevice}</Heading>
      </div>
      <div className="tss-card">
        <ul className="tss-list" role="list">
          <Row screen={screen} session={session} />
        </ul>
        {others.length > 0 && (
          <Button look="row-danger" onClick={() => signOut.ask('others', others)}>
            {labels.signOutOthers}
          </Button>
        )}
      </div>
    </section>
  );
}
