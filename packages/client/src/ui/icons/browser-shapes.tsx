import type { ReactElement } from 'react';

export type BrowserShape = 'chrome' | 'firefox' | 'safari' | 'edge' | 'opera' | 'samsung' | 'other';

/** Signs of browsers, drawn as lines in a square of 24. They are ours, and no browser's own. */
export const browserShapes: Readonly<Record<BrowserShape, ReactElement>> = {
  chrome: (
    <>
      <circle cx="12" cy="12" r="9" />
      <circle cx="12" cy="12" r="3.6" />
      <path d="M12 8.4h8.2M8.9 13.8 4.8 6.7M15.1 13.8 11 20.9" />
    </>
  ),
  firefox: (
    <path d="M12 21a9 9 0 0 0 8-13c-.6 1.3-1.5 1.8-2.6 1.7C17 6.4 14.8 4.3 12 3c.6 3-1 4-3 5.5S4 10 3.2 13A9 9 0 0 0 12 21z" />
  ),
  safari: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="m16.5 7.5-2.6 6.4-6.4 2.6 2.6-6.4z" />
    </>
  ),
  edge: <path d="M20.5 15.5A9 9 0 1 1 21 12c0 4-7 4-7 1 0-4-7-4-7 2 0 4 6 6 10 4" />,
  opera: (
    <>
      <ellipse cx="12" cy="12" rx="9" ry="9" />
      <ellipse cx="12" cy="12" rx="3.6" ry="6" />
    </>
  ),
  samsung: (
    <>
      <circle cx="12" cy="12" r="6.5" />
      <path d="M6.5 15.5c-3.5 2.5-5.5 4-4 4.5 2.5 1 19-9.5 19-12.5 0-1.2-3-.5-5 .5" />
    </>
  ),
  other: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18" />
    </>
  ),
};
