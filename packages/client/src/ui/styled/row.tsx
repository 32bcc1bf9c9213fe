import type { SessionInfo } from '../../react/index.ts';
import { useId, type ReactElement } from 'react';
import { DeviceIcon } from '../parts/device-icon.tsx';
import { SessionRow } from '../parts/session-row.tsx';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';
import { RowTexts } from './row-texts.tsx';
import { RowTitle } from './row-title.tsx';

export interface RowProps {
  readonly screen: SessionsScreen;
  readonly session: SessionInfo;
}

/** A row of the list. All of it opens the details, or selects the session. */
export function Row({ screen, session }: RowProps): ReactElement {
  const textsId = useId();
  const checkboxId = useId();
  const { labels } = screen;
  return (
    <SessionRow screen={screen} session={session}>
      {(row) => (
        <li className="tss-row" data-selected={row.isSelecting && row.isSelected} aria-busy={row.isPending}>
          {row.isSelecting && (
            <input
              id={checkboxId}
              type="checkbox"
              className="tss-checkbox"
              checked={row.isSelected}
              aria-describedby={textsId}
              onChange={row.toggle}
            />
          )}
          <DeviceIcon device={session.device} />
          <div className="tss-row-texts">
            <div className="tss-row-title">
              <RowTitle row={row} checkboxId={checkboxId} textsId={textsId} />
              {row.isNew && <span className="tss-badge">{labels.isNew}</span>}
            </div>
            <RowTexts row={row} screen={screen} id={textsId} />
          </div>
          {!session.current && !row.isSelecting && (
            <Button
              look="quiet-danger"
              isPending={row.isPending}
              name={labels.signOutOf(row.title)}
              describedBy={textsId}
              onClick={row.askToSignOut}
            >
              {labels.signOut}
            </Button>
          )}
        </li>
      )}
    </SessionRow>
  );
}
