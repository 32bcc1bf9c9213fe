import type { ReactNode } from 'react';
import type { SessionInfo } from '@trpc-sessions/server';

type DeviceType = NonNullable<SessionInfo['device']['type']>;
type Glyph =
  | 'desktop'
  | 'phone'
  | 'tablet'
  | 'tv'
  | 'console'
  | 'watch'
  | 'headset'
  | 'chip'
  | 'bot'
  | 'terminal'
  | 'question';

const glyphOf: Record<DeviceType, Glyph> = {
  desktop: 'desktop',
  mobile: 'phone',
  tablet: 'tablet',
  tv: 'tv',
  console: 'console',
  wearable: 'watch',
  xr: 'headset',
  embedded: 'chip',
  bot: 'bot',
  cli: 'terminal',
  library: 'terminal',
};

/** A picture of the kind of device. The text beside it has the same content, so it is hidden from screen readers. */
export function DeviceIcon({ type }: { type: DeviceType | null }) {
  const glyph = type === null ? 'question' : glyphOf[type];
  return (
    <span className="device-icon" data-glyph={glyph} aria-hidden="true">
      <svg viewBox="0 0 24 24">{shapes[glyph]}</svg>
    </span>
  );
}

const shapes: Record<Glyph, ReactNode> = {
  desktop: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M9 20h6M12 16.5V20" />
    </>
  ),
  phone: (
    <>
      <rect x="7" y="2.5" width="10" height="19" rx="2.5" />
      <path d="M11 18.5h2" />
    </>
  ),
  tablet: (
    <>
      <rect x="4.5" y="3" width="15" height="18" rx="2.5" />
      <path d="M11 18h2" />
    </>
  ),
  tv: (
    <>
      <rect x="2.5" y="7" width="19" height="12" rx="2" />
      <path d="m8 3 4 4 4-4M8 22h8" />
    </>
  ),
  console: (
    <>
      <rect x="2.5" y="7" width="19" height="10.5" rx="5.25" />
      <path d="M7 12.25h3.5M8.75 10.5V14M15 13.5h.01M17.5 11h.01" />
    </>
  ),
  watch: (
    <>
      <rect x="6.5" y="6.5" width="11" height="11" rx="3" />
      <path d="m9 6.5.5-4h5l.5 4M9 17.5l.5 4h5l.5-4M12 10v2l1.5 1" />
    </>
  ),
  headset: <path d="M5 7h14a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-3.5L13 14.5h-2L8.5 17H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2Z" />,
  chip: (
    <>
      <rect x="7" y="7" width="10" height="10" rx="2" />
      <path d="M10 7V3M14 7V3M10 21v-4M14 21v-4M7 10H3M7 14H3M21 10h-4M21 14h-4" />
    </>
  ),
  bot: (
    <>
      <rect x="4" y="8" width="16" height="12" rx="3" />
      <path d="M12 8V4M9.5 13v1.5M14.5 13v1.5M2 13v3M22 13v3" />
    </>
  ),
  terminal: (
    <>
      <rect x="3" y="4" width="18" height="16" rx="2.5" />
      <path d="m7 9 3 3-3 3M12.5 15H17" />
    </>
  ),
  question: <path d="M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1.1-1.5 2.3M12 18.5h.01" />,
};
