import type UAParser from 'ua-parser-js';
import type { ClientHints } from '../caller.ts';
import type { DevicePart } from './device.ts';
import { macApps } from './known-names.ts';
import { partOf, shorten, spell, versionOf } from './texts.ts';

/**
 * The systems whose version browsers no longer report.
 *
 * @see https://www.chromium.org/updates/ua-reduction/
 * @see https://webkit.org/blog/17333/webkit-features-in-safari-26-0/
 */
const frozen = /Windows NT 10\.0|Mac OS X 10[._]15|Android 10; K\)|CrOS \w+ 14541\.|OS 18_\d.+ Version\/[2-9]\d/;

export function systemOf(ua: string, parsed: UAParser.IOS, hints: ClientHints): DevicePart {
  const seen =
    nativeSystemOf(ua) ?? (isDisguisedIpad(ua, hints) ? partOf('iPadOS') : partOf(parsed.name, parsed.version));
  const name = hints.platform === 'Unknown' ? seen.name : (spell(hints.platform) ?? seen.name);
  if (name === 'Windows') {
    const reported = name === seen.name && !frozen.test(ua) ? windowsVersionOf(seen.version) : null;
    return partOf(name, hintedWindowsVersionOf(hints.platformVersion) ?? reported);
  }
  // For televisions and consoles ua-parser-js gives the model as the version.
  const isReported = name === seen.name && !frozen.test(ua);
  return partOf(name, shorten(hints.platformVersion ?? (isReported ? versionOf(seen.version) : null)));
}

/** The system of a native app: ua-parser-js looks for those that browsers write. */
function nativeSystemOf(ua: string): DevicePart | undefined {
  if (ua.startsWith('Mozilla/')) return undefined;
  const written =
    /(?<![\w-])((?:i|iPad|mac|tv|watch|vision)OS|IOS|Android)(?:[ /](?:Version )?(\d[\d.]*))?(?![\w-])/.exec(ua);
  if (written !== null) {
    const [, name = '', version] = written;
    // "Android/33" is the level of its API.
    return partOf(name === 'IOS' ? 'iOS' : name, name === 'Android' && Number(version) >= 21 ? null : version);
  }
  if (/^iTunes-i(?:Pad|Phone)\//.test(ua)) return partOf('iOS');
  const named = /^\w+-(iOS|Android|Mac)\//.exec(ua);
  if (named !== null) return partOf(named[1] === 'Mac' ? 'macOS' : named[1]);
  if (/\bOS ?X(?![a-z])/i.test(ua) && !/like Mac OS X/.test(ua)) return partOf('macOS');
  if (/[ (]darwin\b/i.test(ua) && !ua.includes('CFNetwork/')) return partOf('macOS');
  if (/\([^()]*\bWindows\)/.test(ua)) return partOf('Windows');
  // The HTTP client of Android, and of React Native on it.
  if (/\bokhttp\//.test(ua)) return partOf('Android');
  if (!/\bCFNetwork\//.test(ua)) return undefined;
  return /\(x86_64\)|\b(?:Mac|Macintosh|Sparkle)\b|\bMac[A-Za-z]*\d+,\d+/.test(ua) || macApps.test(ua)
    ? partOf('macOS')
    : partOf('iOS');
}

/** @see https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11 */
function hintedWindowsVersionOf(platformVersion: string | null): string | null {
  const major = Number.parseInt(platformVersion ?? '', 10);
  if (major >= 13) return '11';
  return major >= 1 && major <= 10 ? '10' : null;
}

const firstBuildOfWindows11 = 22_000;

/** A version of Windows that people know: ua-parser-js takes "win32" for version 32. */
function windowsVersionOf(version: string | null): string | null {
  const build = /^10\.0\.(\d{5})\b/.exec(version ?? '')?.[1];
  if (build !== undefined) return Number(build) >= firstBuildOfWindows11 ? '11' : '10';
  return /^(?:7|8(?:\.1)?|10|11|2000|XP|Vista|ME|9[58])(?=\b)/i.exec(version ?? '')?.[0] ?? null;
}

/** Browsers of iOS on a "Macintosh" run on an iPad that asks for the desktop site. */
export function isDisguisedIpad(ua: string, hints: ClientHints): boolean {
  if (!ua.includes('(Macintosh;')) return false;
  if (/^i(?:Pad)?OS$/.test(hints.platform ?? '') || /^iPad\b/.test(hints.model ?? '')) return true;
  return /\b(?:\w{1,8}iOS|GSA|OPT)\/|\bMobile\/\w|\biPad\d|\bFBMD\/iPad\b|[-/]iOS\b/.test(ua);
}
