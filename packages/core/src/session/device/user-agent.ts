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

  const text = honest(ua, hints);
  const isNative = !text.startsWith('Mozilla/');
  // Given an empty text, ua-parser-js reads the one of a global `window`.
  const parser = new UAParser(text || '-');
  const os = systemOf(ua, parser.getOS(), hints);
  if (program !== undefined) return { ...nothing, ...program, os };

  // The name of a native app is no model: only its comments describe the device.
  const hardware = hardwareOf(isNative ? commentsOf(text) : text);
  const type = typeOf(ua, hardware, os, hints);
  const model = type === 'tv' ? televisionModelOf(ua, hardware) : (hints.model ?? hardware.model);
  const vendor = vendorOf(ua, { ...hardware, model }, type, os);
  const parsed = browserOf(ua, parser.getBrowser(), hints);
  const app = isEngine(parsed.name) ? (isNative ? nativeAppOf(text) : embeddedAppOf(text)) : unknownPart;
  // A browser inside another app is only named by itself when the app is unknown.
  const browser = app.name === null && parsed.name === 'Mozilla' ? unknownPart : parsed;
  return { type, vendor, model, os, browser, app };
}

/** Puts back the facts that browsers withhold, where other parts of the text give them away. */
function honest(ua: string, hints: ClientHints): string {
  // Chromium calls every model "K": with the hinted one in its place, ua-parser-js finds the vendor and the type too.
  const hinted = ua.replace('; K)', (k) => (hints.model === null ? k : `; ${hints.model})`));
  return isDisguisedIpad(hinted) ? hinted.replace(/\(Macintosh;[^)]*\)/, '(iPad; CPU OS like Mac OS X)') : hinted;
}

function commentsOf(ua: string): string {
  return [...ua.matchAll(/\([^()]*\)/g)].map(([comment]) => comment).join(' ');
}

function programOf(ua: string): Pick<KnownDevice, 'type' | 'app'> | undefined {
  for (const [type, pattern] of programs) {
    const match = pattern.exec(ua);
    if (match !== null) return { type, app: partOf(match[1], match[2]) };
  }
  return undefined;
}
