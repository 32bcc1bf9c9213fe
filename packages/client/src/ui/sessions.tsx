import { useId, type ReactElement } from 'react';
import { useSessionsScreen, type SessionsScreenOptions } from './screen/use-sessions-screen.ts';
import { Condition } from './styled/condition.tsx';
import { ConfirmDialog } from './styled/confirm-dialog.tsx';
import { DetailsSheet } from './styled/details-sheet.tsx';
import type { HeadingLevel } from './styled/heading.ts';
import { Notice } from './styled/notice.tsx';
import { OtherDevices } from './styled/other-devices.tsx';
import { Skeleton } from './styled/skeleton.tsx';
import { ThisDevice } from './styled/this-device.tsx';

/** Props of {@link Sessions}. */
export interface SessionsProps extends SessionsScreenOptions {
  /** The level of its heading in your page. @defaultValue 2 */
  readonly headingLevel?: HeadingLevel | undefined;
  readonly className?: string | undefined;
}

/**
 * The screen of the user's sessions: this device first, then the others, each with its details. Import its style once, from
 * `@trpc-sessions/client/ui.css`.
 *
 * @throws {Error} outside a `SessionProvider`
 * @example
 * ```tsx
 * import { SessionProvider } from '@trpc-sessions/client/react';
 * import { Sessions } from '@trpc-sessions/client/ui';
 * import '@trpc-sessions/client/ui.css';
 *
 * <SessionProvider client={trpc.auth} tokens={tokens}>
 *   <Sessions onNotMe={() => location.assign('/change-password')} />
 * </SessionProvider>
 * ```
 */
export function Sessions({ headingLevel = 2, className = '', ...options }: SessionsProps): ReactElement {
  const titleId = useId();
  const screen = useSessionsScreen(options);
  const { labels, status, current } = screen;
  const Heading = `h${headingLevel}` as const;
  return (
    <section className={`tss ${className}`} lang={labels.language} dir={labels.direction} aria-labelledby={titleId}>
      <header className="tss-head">
        <Heading id={titleId}>{labels.title}</Heading>
        <p className="tss-muted">{labels.description}</p>
      </header>
      <Condition screen={screen} />
      {status === 'loading' && <Skeleton />}
      {current !== null && <ThisDevice screen={screen} session={current} level={headingLevel} />}
      {status === 'ready' && <OtherDevices screen={screen} level={headingLevel} />}
      <DetailsSheet screen={screen} />
      <ConfirmDialog screen={screen} />
      <Notice screen={screen} />
    </section>
  );
}
