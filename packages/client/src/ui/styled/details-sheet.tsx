import type { ReactElement } from 'react';
import { DeviceIcon } from '../parts/device-icon.tsx';
import { SessionDetails } from '../parts/session-details.tsx';
import type { SessionsScreen } from '../screen/use-sessions-screen.ts';
import { Button } from './button.tsx';
import { Facts } from './facts.tsx';
import { RenameForm } from './rename-form.tsx';

/** Everything about one session: its times, addresses and device. It can be named, and ended. */
export function DetailsSheet({ screen }: { readonly screen: SessionsScreen }): ReactElement {
  const { labels, locale } = screen;
  return (
    <SessionDetails screen={screen} className="tss-dialog tss-sheet">
      {({ session, titleId, title, facts, isNew, rename, close, askToSignOut, askNotMe }) => (
        <div className="tss-dialog-content">
          <div className="tss-sheet-head">
            <DeviceIcon device={session.device} />
            <h2 id={titleId}>
              <bdi>{title}</bdi>
            </h2>
            {isNew && <span className="tss-badge">{labels.isNew}</span>}
            <Button look="quiet" name={labels.close} isDisabled={rename.isPending} onClick={close}>
              <svg className="tss-cross" viewBox="0 0 24 24" aria-hidden="true">
                <path d="m6 6 12 12M18 6 6 18" />
              </svg>
            </Button>
          </div>
          <RenameForm session={session} rename={rename} labels={labels} />
          <Facts facts={facts} locale={locale} />
          <div className="tss-actions">
            {askNotMe !== null && (
              <Button isDisabled={rename.isPending} onClick={askNotMe}>
                {labels.notMe}
              </Button>
            )}
            <Button look="danger" isDisabled={rename.isPending} onClick={askToSignOut}>
              {session.current ? labels.signOutThis : labels.signOut}
            </Button>
          </div>
        </div>
      )}
    </SessionDetails>
  );
}
