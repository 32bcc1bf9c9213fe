import UAParser from 'ua-parser-js';
import type { ClientHints } from '../caller.ts';
import { embeddedAppOf, nativeAppOf } from './app.ts';
import { browserOf, isEngine } from './browser.ts';
import type { KnownDevice } from './device.ts';
import { hardwareOf, televisionModelOf, typeOf, vendorOf } from './hardware.ts';
import { programs } from './known-names.ts';
import { isDisguisedIpad, systemOf } from './system.ts';
import { partOf, unknownPart } from './texts.ts';

const nothing: KnownDevice = {
  type: null,
  vendor: null,
  model: null,
  os: unknownPart,
  browser: unknownPart,
  app: unknownPart,
};

/**
 * Reads a user agent and its client hints.
 *
 * @param ua - bounded, without control characters
 * @param hints - unquoted
 */
export function parseUserAgent(ua: string, hints: ClientHints): KnownDevice {
  const program = programOf(ua);
  // A bot may claim to be any device.
  if (program?.type === 'bot') return { ...nothing, ...program };
  if (/"HeadlessChrome"/.test(hints.brands ?? '')) return { ...nothing, type: 'bot', app: partOf('HeadlessChrome') };

  const text = honest(ua, hints);
  const isNative = !text.startsWith('Mozilla/');
  // Given an empty text, ua-parser-js reads the one of a global `window`.
  const parser = new UAParser(text || '-');
  const parsedSystem = parser.getOS();
  const isNamesake = isNative && isInAppName(text, parsedSystem.name);
  const os = systemOf(ua, isNamesake ? { name: undefined, version: undefined } : parsedSystem, hints);
  if (program !== undefined) return { ...nothing, ...program, os };

  // The name of a native app is no model: only its comments describe the device.
  const hardware = hardwareOf(isNative ? commentsOf(text) : text);
  const type = typeOf(text, hardware, os, hints);
  const model = type === 'tv' ? televisionModelOf(text, hardware) : (hints.model ?? hardware.model);
  const vendor = vendorOf(text, { ...hardware, model }, type, os);
  const parsed = browserOf(ua, parser.getBrowser(), hints);
  const app = isEngine(parsed.name) ? (isNative ? nativeAppOf(text) : embeddedAppOf(text)) : unknownPart;
  // A browser inside another app is only named by itself when the app is unknown.
  const browser = app.name === null && parsed.name === 'Mozilla' ? unknownPart : parsed;
  return { type, vendor, model, os, browser, app };
}

/** Puts back the facts that browsers withhold, where other parts of the text give them away. */
function honest(ua: string, hints: ClientHints): string {
  // Chromium calls every model "K": with the hinted one in its place, ua-parser-js finds the vendor and the type too.
  const hinted =
    hints.model === null
      ? ua
      : ua.replace(/; K\)|\(X11; Linux [^()]*\)/, (k) =>
          k === '; K)' ? `; ${hints.model})` : `(Linux; Android 10; ${hints.model})`,
        );
  return isDisguisedIpad(hinted, hints)
    ? hinted.replace(/\(Macintosh;[^)]*\)/, '(iPad; CPU OS like Mac OS X)')
    : hinted;
}

function commentsOf(ua: string): string {
  // Apple's own apps write the part number of the hardware elsewhere.
  return [...ua.matchAll(/\([^()]*\)|\b(?:iPhone|iPad|iPod)\d+,\d+|^iTunes-\w+\//g)]
    .map(([comment]) => comment)
    .join(' ');
}

/** Whether a word stands in the name of an app only: "Debianizer" does not run on Debian. */
function isInAppName(ua: string, word: string | undefined): boolean {
  if (word === undefined) return false;
  const [app = ''] = /^\S+/.exec(ua) ?? [];
  const isIn = (text: string): boolean => text.toLowerCase().includes(word.toLowerCase());
  return isIn(app) && !isIn(ua.slice(app.length));
}

function programOf(ua: string): Pick<KnownDevice, 'type' | 'app'> | undefined {
  for (const [type, pattern] of programs) {
    const match = pattern.exec(ua);
    if (match !== null) return { type, app: partOf(match[1], match[2]) };
  }
  return undefined;
}
