import type { SessionInfo } from '@trpc-sessions/client';
import { useId, type ReactNode } from 'react';
import { DeviceIcon } from './device-icon.tsx';
import { RelativeTime } from './relative-time.tsx';

/** One session: its device, its place and its time. With `onEnd`, it can be ended. */
export function SessionCard({ session, onEnd }: { session: SessionInfo; onEnd?: () => void }) {
  const detailsId = useId();
  const { device } = session;
  const title = sessionTitle(session);
  return (
    <div className="session">
      <DeviceIcon type={device.type} />
      <div className="session-text">
        <h3>{title}</h3>
        <div id={detailsId}>
          <p className="parts">
            <Part>{softwareName(device.app) ?? softwareName(device.browser)}</Part>
            <Part>{softwareName(device.os)}</Part>
          </p>
          <p className="parts">
            <Part>{session.ip}</Part>
            <Part>{session.location}</Part>
            <Part>
              {session.current ? 'Signed in ' : <span className="visually-hidden">Last seen </span>}
              <RelativeTime date={session.current ? session.createdAt : session.lastSeenAt} />
            </Part>
          </p>
          {session.current && <p className="online">Active now</p>}
        </div>
      </div>
      {onEnd !== undefined && (
        <button
          type="button"
          className="button button-end"
          aria-label={`End ${title}`}
          aria-describedby={detailsId}
          onClick={onEnd}
        >
          End
        </button>
      )}
    </div>
  );
}

/** The name of a session in a sentence: its user's own, or that of its device. */
export function sessionTitle({ name, device }: Pick<SessionInfo, 'name' | 'device'>): string {
  return name ?? device.name ?? 'Unknown device';
}

/** "Chrome 141": browsers have frozen the rest of their versions at zero. */
function softwareName({ name, version }: SessionInfo['device']['os']): string | null {
  if (name === null) return null;
  return version === null ? name : `${name} ${version.replace(/(\.0){3}$/, '')}`;
}

/** One part of a line, or nothing if it is unknown. The style puts dots between the parts. */
function Part({ children }: { children: ReactNode }) {
  return children === null ? null : <span>{children}</span>;
}
