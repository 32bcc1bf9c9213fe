import type { ReactElement } from 'react';

export type SystemShape =
  | 'windows'
  | 'mac'
  | 'android'
  | 'phone'
  | 'tablet'
  | 'desktop'
  | 'tv'
  | 'console'
  | 'watch'
  | 'headset'
  | 'chip'
  | 'bot'
  | 'terminal'
  | 'unknown';

/** Pictures of systems and of kinds of devices, drawn as lines in a square of 24. */
export const systemShapes: Readonly<Record<SystemShape, ReactElement>> = {
  windows: <path d="M4 6.2 11 5v6.5H4zM13 4.7 20 3.5v8h-7zM4 13.5h7V20l-7-1.2zM13 13.5h7v7L13 19.3z" />,
  mac: (
    <>
      <rect x="4.5" y="5" width="15" height="10.5" rx="1.8" />
      <path d="M2.5 19h19M10.5 7.2h3" />
    </>
  ),
  android: (
    <>
      <path d="M4 17.5a8 8 0 0 1 16 0zM7.2 10.8 5.5 8M16.8 10.8 18.5 8" />
      <path d="M9 14.2h.01M15 14.2h.01" />
    </>
  ),
  phone: (
    <>
      <rect x="7" y="2.5" width="10" height="19" rx="2.5" />
      <path d="M11 18.7h2" />
    </>
  ),
  tablet: (
    <>
      <rect x="4.5" y="3" width="15" height="18" rx="2.5" />
      <path d="M10.5 18.2h3" />
    </>
  ),
  desktop: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M8.5 20h7M12 16.5V20" />
    </>
  ),
  tv: (
    <>
      <rect x="2.5" y="7" width="19" height="12" rx="2" />
      <path d="m8 3 4 4 4-4" />
    </>
  ),
  console: (
    <>
      <rect x="2.5" y="7" width="19" height="10.5" rx="5.2" />
      <path d="M6.8 12.2h3.6M8.6 10.4V14M15 13.6h.01M17.5 11h.01" />
    </>
  ),
  watch: (
    <>
      <rect x="6.5" y="6.5" width="11" height="11" rx="3" />
      <path d="m9 6.5.5-4h5l.5 4M9 17.5l.5 4h5l.5-4M12 10v2.2l1.5 1" />
    </>
  ),
  headset: <path d="M5 7h14a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-3.5L13 14.5h-2L8.5 17H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z" />,
  chip: (
    <>
      <rect x="7" y="7" width="10" height="10" rx="2" />
      <path d="M10 7V3M14 7V3M10 21v-4M14 21v-4M7 10H3M7 14H3M21 10h-4M21 14h-4" />
    </>
  ),
  bot: (
    <>
      <rect x="4" y="8" width="16" height="12" rx="3" />
      <path d="M12 8V4M9.5 13v1.5M14.5 13v1.5" />
    </>
  ),
  terminal: (
    <>
      <rect x="3" y="4" width="18" height="16" rx="2.5" />
      <path d="m7 9 3 3-3 3M12.5 15H17" />
    </>
  ),
  unknown: <path d="M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1.1-1.5 2.3M12 18.5h.01" />,
};
