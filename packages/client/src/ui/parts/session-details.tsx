import type { ReactElement } from 'react';
import { OpenDetails, type SessionDetailsProps } from './open-details.tsx';

/** The dialog with the details of a session, in your own markup. It is open after `showDetails(session)`. */
export function SessionDetails({ screen, className, children }: SessionDetailsProps): ReactElement | null {
  const { details } = screen;
  if (details === null) return null;
  return (
    <OpenDetails key={details.id} screen={screen} session={details} className={className}>
      {children}
    </OpenDetails>
  );
}
