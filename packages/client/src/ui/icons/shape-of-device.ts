import type { SessionInfo } from '../../react/index.ts';
import type { BrowserShape } from './browser-shapes.tsx';
import type { SystemShape } from './system-shapes.tsx';

type Device = SessionInfo['device'];

/** The system of a computer, a phone or a tablet; of any other device, its kind. */
export function systemShapeOf({ type, os }: Device): SystemShape {
  const byType = type === null ? 'unknown' : shapeOfType[type];
  const byName = os.name === null || type === 'tablet' ? undefined : shapeOfSystem[os.name];
  const isGeneral = type === null || type === 'desktop' || type === 'mobile' || type === 'tablet';
  return isGeneral ? (byName ?? byType) : byType;
}

/** `null` for a device without a browser. */
export function browserShapeOf({ browser, app }: Device): BrowserShape | null {
  const { name } = browser;
  if (name === null || app.name !== null) return null;
  const found = browserNames.find((each) => name.toLowerCase().includes(each));
  return found === undefined ? 'other' : found === 'chromium' ? 'chrome' : found;
}

const browserNames = ['edge', 'opera', 'samsung', 'chromium', 'chrome', 'firefox', 'safari'] as const;

const shapeOfSystem: Readonly<Record<string, SystemShape>> = {
  Windows: 'windows',
  macOS: 'mac',
  Android: 'android',
  iOS: 'phone',
  iPadOS: 'tablet',
};

const shapeOfType: Readonly<Record<NonNullable<Device['type']>, SystemShape>> = {
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
