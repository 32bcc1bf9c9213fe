import type UAParser from 'ua-parser-js';
import type { ClientHints } from '../caller.ts';
import type { DevicePart } from './device.ts';
import { partOf, shorten, unknownPart, unquote } from './texts.ts';

/** The browsers that other browsers and apps are made of. */
const engines: ReadonlySet<string | null> = new Set([
  null,
  'Android Browser',
  'Chrome',
  'Chromium',
  'Chrome WebView',
  'Edge',
  'Edge WebView',
  'Electron',
  'Firefox',
  'Mozilla',
  'Safari',
]);
const chromiumItself: ReadonlySet<string | null> = new Set([null, 'Chrome', 'Chrome WebView', 'Chromium']);

export function isEngine(name: string | null): boolean {
  return engines.has(name);
}

/** Two makers of televisions write the names of their browsers with a space. */
const spacedBrowsers = /\b(Samsung|LG) Browser\/(\d[\d.]*)/;

/** Of apps by one maker, ua-parser-js knows one name only. */
const siblings: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bFB(?:AN|_IAB)\/(?:Messenger|Orca)/i, 'Messenger'],
  [/\bFBAN\/FB/, 'Facebook'],
  [/(?<![\w/])QQ\/\d/, 'QQ'],
];

export function browserOf(ua: string, parsed: UAParser.IBrowser, hints: ClientHints): DevicePart {
  const spaced = spacedBrowsers.exec(ua);
  if (spaced !== null) return partOf(`${spaced[1]} Browser`, spaced[2]);
  const sibling = siblings.find(([pattern]) => pattern.test(ua));
  if (sibling !== undefined) return partOf(sibling[1], shorten(parsed.version));
  const isOnlyEngine = /^(?:webkit|khtml|mozilla|browser)$/i.test(parsed.name ?? '');
  // The browser of old Android has no Chrome in it: a web view has.
  const written = parsed.name === 'Android Browser' && ua.includes(' Chrome/') ? 'Chrome WebView' : parsed.name;
  const seen = isOnlyEngine ? unknownPart : partOf(written, shorten(parsed.version));
  const brands = [...(hints.brands ?? '').matchAll(/("(?:\\.|[^"\\])*")\s*;\s*v=("[^"]*")/g)]
    .map(([, name, version]) => partOf(unquote(name), unquote(version)))
    // GREASE: https://wicg.github.io/ua-client-hints/#grease
    .filter(({ name }) => name !== null && name.replace(/[^a-z]/gi, '') !== 'NotABrand');
  const best =
    [...brands, seen].find(({ name }) => !chromiumItself.has(name)) ??
    brands.find(({ name }) => name !== 'Chromium') ??
    brands[0] ??
    seen;
  return best.name === seen.name ? seen : best;
}
