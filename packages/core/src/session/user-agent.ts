import UAParser from 'ua-parser-js';
import type { ClientHints } from './caller.ts';
import type { DevicePart, DeviceType, KnownDevice } from './device.ts';
import { macApps, noApps, programs, spellings, televisionMakers } from './user-agents.ts';
import { visibleText } from './visible-text.ts';

const unknown: DevicePart = Object.freeze({ name: null, version: null });
const nothing: KnownDevice = { type: null, vendor: null, model: null, os: unknown, browser: unknown, app: unknown };

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
  const app = isEngine(parsed.name) ? (isNative ? nativeAppOf(text) : embeddedAppOf(text)) : unknown;
  // A browser inside another app is only named by itself when the app is unknown.
  const browser = app.name === null && parsed.name === 'Mozilla' ? unknown : parsed;
  return { type, vendor, model, os, browser, app };
}

/** Puts back the facts that browsers withhold, where other parts of the text give them away. */
function honest(ua: string, hints: ClientHints): string {
  // Chromium calls every model "K": with the hinted one in its place, ua-parser-js finds the vendor and the type too.
  const hinted = ua.replace('; K)', (k) => (hints.model === null ? k : `; ${hints.model})`));
  // Browsers of iOS on a "Macintosh" run on an iPad that asks for the desktop site.
  return isDisguisedIpad(hinted) ? hinted.replace(/\(Macintosh;[^)]*\)/, '(iPad; CPU OS like Mac OS X)') : hinted;
}

function isDisguisedIpad(ua: string): boolean {
  return ua.includes('(Macintosh;') && /\b(?:\w{1,8}iOS|GSA|OPT)\/|\bMobile\/\w/.test(ua);
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

/** What a user agent says of the hardware. */
interface Hardware {
  readonly type: string | undefined;
  readonly vendor: string | undefined;
  readonly model: string | null;
}

function hardwareOf(ua: string): Hardware {
  const { type, vendor, model } = new UAParser(ua || '-').getDevice();
  const written = writtenModelOf(ua);
  // ua-parser-js finds "LG" in "PLK110" and "asus" in "Pegasus": only whole words count.
  const isFound =
    model === undefined
      ? isWord(ua, vendor)
      : isWord(ua, model) && (written === null || isWord(written, model) || isWord(written, vendor));
  if (!isFound || (vendor !== undefined && hasWithin(ua, vendor))) {
    return { type: undefined, vendor: undefined, model: spell(written ?? ipadOf(ua)) };
  }
  if (model === undefined || model === 'K' || model === 'Macintosh') return { type, vendor, model: null };
  return { type, vendor, model: visibleText(wholeModel(ua, model, vendor, written), 64) };
}

/** The model as Android writes it, before its build. */
function writtenModelOf(ua: string): string | null {
  const pattern = /\bAndroid [\d.]+; (?:[a-z]{2}[-_][a-z]{2}; )?([^;()]{2,64}?) ?(?:Build\/[^;)]*)?(?:; wv)?\)/i;
  return visibleText(pattern.exec(ua)?.[1], 64);
}

/** Newer hardware continues the name of older: "Nintendo Switch 2". And Android's own words end the name. */
function wholeModel(ua: string, known: string, vendor: string | undefined, written: string | null): string {
  if (written !== null && !written.toLowerCase().includes(known.toLowerCase())) {
    return vendor !== undefined && written.toLowerCase().startsWith(`${vendor.toLowerCase()} `)
      ? written.slice(vendor.length + 1)
      : written;
  }
  const start = `[(;] ?(?:${escaped(vendor ?? known)} )?${escaped(known)}`;
  const rest = new RegExp(`${start}([A-Z0-9+]{0,3}(?: (?!Build\\b)[A-Z0-9][A-Za-z0-9+]{0,9}){0,3})(?=[;)/])`).exec(
    ua,
  )?.[1];
  return `${spell(known) ?? ''}${rest ?? ''}`;
}

function ipadOf(ua: string): string | undefined {
  return /^[^(]*\((iPad)\b/.exec(ua)?.[1];
}

function escaped(text: string): string {
  return text.replace(/[^\w ]/g, String.raw`\$&`);
}

/** Whether a text holds a word, spelled in any case and with any separators. */
function isWord(text: string, word: string | undefined): boolean {
  if (word === undefined) return false;
  const pattern = escaped(word).replace(/[ _]/g, '[ _-]');
  return new RegExp(`(?<![A-Za-z0-9])${pattern}`, 'i').test(text);
}

/** Whether a text holds a name, but only in the middle of words. */
function hasWithin(text: string, name: string): boolean {
  return text.toLowerCase().includes(name.toLowerCase()) && !isWord(text, name);
}

/**
 * The systems whose version browsers no longer report.
 *
 * @see https://www.chromium.org/updates/ua-reduction/
 * @see https://webkit.org/blog/17333/webkit-features-in-safari-26-0/
 */
const frozen = /Windows NT 10\.0|Mac OS X 10[._]15|Android 10; K\)|CrOS \w+ 14541\.|OS 18_\d.+ Version\/[2-9]\d/;

function systemOf(ua: string, parsed: UAParser.IOS, hints: ClientHints): DevicePart {
  const seen = nativeSystemOf(ua) ?? (isDisguisedIpad(ua) ? partOf('iPadOS') : partOf(parsed.name, parsed.version));
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
  const written = /(?<![\w-])((?:i|iPad|mac|tv|watch|vision)OS|Android)[ /](\d[\d.]*)/.exec(ua);
  if (written !== null) return partOf(written[1], written[2]);
  const named = /^\w+-(iOS|Android)\//.exec(ua);
  if (named !== null) return partOf(named[1]);
  if (/\bOS ?X(?![a-z])/i.test(ua) && !/like Mac OS X/.test(ua)) return partOf('macOS');
  // The HTTP client of Android, and of React Native on it.
  if (/\bokhttp\//.test(ua)) return partOf('Android');
  if (!/\bCFNetwork\//.test(ua)) return undefined;
  return /\(x86_64\)|\b(?:Mac|Macintosh|Sparkle)\b/.test(ua) || macApps.test(ua) ? partOf('macOS') : partOf('iOS');
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

/** The browsers that other browsers and apps are made of. */
const engines: ReadonlySet<string | null> = new Set([
  null,
  'Chrome',
  'Chromium',
  'Chrome WebView',
  'Electron',
  'Mozilla',
  'Safari',
]);
const chromiumItself: ReadonlySet<string | null> = new Set([null, 'Chrome', 'Chrome WebView', 'Chromium']);

function isEngine(name: string | null): boolean {
  return engines.has(name);
}

/** Two makers of televisions write the names of their browsers with a space. */
const spacedBrowsers = /\b(Samsung|LG) Browser\/(\d[\d.]*)/;

function browserOf(ua: string, parsed: UAParser.IBrowser, hints: ClientHints): DevicePart {
  const spaced = spacedBrowsers.exec(ua);
  if (spaced !== null) return partOf(`${spaced[1]} Browser`, spaced[2]);
  const isOnlyEngine = /^(?:webkit|khtml|mozilla|browser)$/i.test(parsed.name ?? '');
  const seen = isOnlyEngine ? unknown : partOf(parsed.name, shorten(parsed.version));
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

/** The type by the name that ua-parser-js gives it, or else by the model or the system. */
const types: ReadonlyMap<string | null, DeviceType> = new Map([
  ['mobile', 'mobile'],
  ['tablet', 'tablet'],
  ['smarttv', 'tv'],
  ['console', 'console'],
  ['wearable', 'wearable'],
  ['embedded', 'embedded'],
  ['iPad', 'tablet'],
  ['Windows', 'desktop'],
  ['macOS', 'desktop'],
  ['ChromeOS', 'desktop'],
  ['Linux', 'desktop'],
  ['Android', 'mobile'],
  ['iOS', 'mobile'],
  ['iPadOS', 'tablet'],
  ['tvOS', 'tv'],
  ['watchOS', 'wearable'],
  ['visionOS', 'xr'],
]);

/** Words that only televisions and the boxes beside them write. */
const television =
  /\b(?:smart-?_?tv|web0s|webos\.?tv|netcast|hbbtv|googletv|android ?tv|apple ?tv|appletv\d+,\d+|chromecast|crkey|roku\w*|bravia|viera|vidaa|aft[a-z]{1,4}\d?|mitv|mibox|tvos|dtv|opera tv|philipstv|nettv|whaletv)\b|\bTV Safari\b|[;(] ?[\w ]*TV(?=[ ;)])/i;

function typeOf(ua: string, hardware: Hardware, os: DevicePart, hints: ClientHints): DeviceType | null {
  if (/\b(?:Oculus|Pico)Browser\/|\bWolvic\//i.test(ua)) return 'xr';
  if (television.test(ua)) return 'tv';
  const type = types.get(hardware.type ?? hints.model ?? hardware.model);
  if (type !== undefined) return type;
  if (hints.mobile === '?1') return 'mobile';
  if (os.name === 'Android' && / Tablet[;)]/.test(ua)) return 'tablet';
  return types.get(os.name) ?? (ua.includes('X11;') ? 'desktop' : null);
}

/** The type of a model that a client names, where the name alone decides it. */
export function typeOfModel(model: string): DeviceType | null {
  if (/^iPad\b/i.test(model) || /\bTab(?:let)?\b/i.test(model)) return 'tablet';
  if (/^(?:iPhone|iPod)\b|\bPhone\b/i.test(model)) return 'mobile';
  if (/\bWatch\b/i.test(model)) return 'wearable';
  if (/\bTV\b|^(?:Chromecast|Roku)\b/i.test(model)) return 'tv';
  if (/^(?:Apple )?Vision\b|\bQuest\b/i.test(model)) return 'xr';
  if (/^(?:PlayStation|Xbox|Nintendo|Steam Deck)\b/i.test(model)) return 'console';
  if (/^i?Mac(?:Book|intosh)?\b|\bLaptop\b|\bDesktop\b/i.test(model)) return 'desktop';
  const { type, vendor } = new UAParser(`Mozilla/5.0 (Linux; Android 10; ${model})`).getDevice();
  return vendor === undefined || vendor === 'Generic' ? null : (types.get(type ?? null) ?? null);
}

function vendorOf(ua: string, { vendor, model }: Hardware, type: DeviceType | null, os: DevicePart): string | null {
  const maker = type === 'tv' ? televisionMakers.find(([, pattern]) => pattern.test(ua))?.[0] : undefined;
  if (maker !== undefined) return maker;
  if (vendor === 'Facebook') return 'Meta';
  if (vendor !== undefined && vendor !== 'Generic') return visibleText(vendor, 64);
  if (model?.startsWith('Pixel ')) return 'Google';
  return /^(?:i|iPad|mac|tv|watch|vision)OS$/.test(os.name ?? '') ? 'Apple' : null;
}

/** Of televisions, the name of the browser and the version of the system are often taken for the model. */
function televisionModelOf(ua: string, { model, vendor }: Hardware): string | null {
  if (model === null || /^(?:browser|tv|smart-?tv|dvp\S*|safari)$/i.test(model)) return null;
  return vendor === 'Roku' || ua.startsWith('Roku') ? null : model;
}

/** The first product of a native app. */
function nativeAppOf(ua: string): DevicePart {
  // Players of these two makers name their hardware, and no app.
  if (/^(?:AppleTV|Roku)\d/.test(ua)) return unknown;
  const word = /^[a-z][a-z\d]*(?:[-_.][a-z\d]+)+$/i.exec(ua);
  if (word !== null) return partOf(word[0]);
  const match = /^(?!Dalvik\/)([^\s/()<>][^/()<>]*)\/([\w.+-]+)/.exec(ua);
  return partOf(decode(match?.[1] && withoutPlatform(match[1])), versionOf(match?.[2]));
}

/** A package's name with its scope, or a product. */
const product = /(?<![\w/@.-])\[?(@[\w.-]+\/[\w.-]+|[A-Za-z][\w.@+-]*)(?:[/ ]v?(\d[^\s\]);]*|(?<=\/)[^\s\]);]+))?\]?/g;

/** The app around an engine: the first product that is no part of one. */
function embeddedAppOf(ua: string): DevicePart {
  const engine = /\b(?:KHTML, like Gecko|like Gecko|Gecko\/[\d.]+)\)?\s*/.exec(ua);
  if (engine === null) return unknown;
  const after = ua.slice(engine.index + engine[0].length).replace(/\((?:KHTML|like)[^)]*\)/g, '');
  const inComment = /\(([A-Z][\w.]+) (?:ios|android)@([\d.]+)\)/i.exec(after);
  if (inComment !== null) return partOf(inComment[1], inComment[2]);
  for (const [whole, name, version] of after.replace(/\([^)]*\)/g, '').matchAll(product)) {
    const plain = withoutPlatform(name ?? '');
    if (plain === '' || noApps.test(plain)) continue;
    // A word alone is an app only with a sign of it.
    if (version === undefined && plain === name && !whole.startsWith('[')) continue;
    return partOf(plain, versionOf(version));
  }
  return unknown;
}

/** "Telegram-Android" and "TeamsMobile-iOS" are Telegram and Teams. */
function withoutPlatform(name: string): string {
  return name.replace(/(?:Mobile)?[-_ ](?:iOS|iPhone|iPad|Android)$/i, '');
}

export function partOf(name: string | null | undefined, version?: string | null): DevicePart {
  return Object.freeze({ name: spell(name), version: visibleText(version, 64) });
}

function spell(name: string | null | undefined): string | null {
  const spelled = visibleText(name, 64);
  return spelled === null ? null : (spellings.get(spelled) ?? spelled);
}

/** A version starts with a digit: "++UE5+Release" and "DVP-12.5" are none. */
function versionOf(text: string | null | undefined): string | null {
  return /^v?(\d[\w.+-]*)/i.exec(text ?? '')?.[1] ?? null;
}

/** "120.0.0.0" and "14.0.0" mean "120" and "14": the zeros fill up a version that is withheld. */
function shorten(version: string | null | undefined): string | null {
  return version?.replace(/(?:\.0){2,}$/, '') ?? null;
}

/** The text of a structured-field string, however malformed (RFC 8941 §3.3.3). */
export function unquote(value: string | null | undefined): string | null {
  return visibleText(visibleText(value, 64)?.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'), 64);
}

/** CFNetwork percent-encodes the names of apps. */
function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}
