import { LRUCache } from 'lru-cache';
import UAParser from 'ua-parser-js';
import type { CallerInfo, ClientHints } from './caller.ts';
import { programs, spellings } from './user-agents.ts';

/** What a session runs on, as far as it can be told: `null` where unknown. Nothing in it has been verified. */
export interface Device {
  readonly type: DeviceType | null;
  /** What a person would call it: "Chrome on Windows 11", "Safari on iPhone". */
  readonly name: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  /** The version is `null` where browsers have frozen it: "Windows NT 10.0" may be Windows 10 or 11. */
  readonly os: DevicePart;
  readonly browser: DevicePart;
  /** The app, tool, library or bot, where it is no plain browser. */
  readonly app: DevicePart;
}

/** The kinds of device that are told apart. */
export type DeviceType =
  | 'desktop'
  | 'mobile'
  | 'tablet'
  | 'tv'
  | 'console'
  | 'wearable'
  | 'xr'
  | 'embedded'
  | 'bot'
  | 'cli'
  | 'library';

/** A piece of software and its version. */
export interface DevicePart {
  readonly name: string | null;
  readonly version: string | null;
}

/** What a client may say of itself at sign-in: it knows its own name best. */
export interface DeviceInput {
  readonly name?: string | undefined;
  readonly model?: string | undefined;
  readonly app?: string | undefined;
  readonly appVersion?: string | undefined;
}

const maxUserAgentLength = 512;
const maxBrandsLength = 256;
const maxTextLength = 64;

/** A million sign-ins come from a few hundred kinds of device: each is parsed once, and shared frozen. */
const devices = new LRUCache<string, Device>({ max: 500 });

/**
 * Tells the device from what the caller sent and what the client says of itself. It never throws.
 *
 * @param caller - not trusted: control characters are stripped, and only the first 512 characters of the user agent read
 * @param input - wins over what the caller sent; `name` is used as it is
 * @returns a frozen device, each of its texts at most 64 characters long
 *
 * @example
 * ```ts
 * import { readDevice } from '@trpc-sessions/core';
 *
 * const caller = { userAgent: 'Notes/42 CFNetwork/1485 Darwin/23.1.0', clientHints: null };
 * readDevice(caller).name; // 'Notes on iOS'
 * readDevice(caller, { appVersion: '10.1', model: 'iPhone 15' }).name; // 'Notes 10.1 on iPhone 15'
 * ```
 */
export function readDevice(caller: Pick<CallerInfo, 'userAgent' | 'clientHints'>, input: DeviceInput = {}): Device {
  const device = deviceOf(caller);
  const name = clean(input.name);
  const model = clean(input.model);
  const app = clean(input.app);
  const appVersion = clean(input.appVersion);
  if (name === null && model === null && app === null && appVersion === null) return device;

  const known = app === null || app === device.app.name ? device.app : unknown;
  const said = {
    ...device,
    model: model ?? device.model,
    app: Object.freeze({ name: app ?? known.name, version: appVersion ?? known.version }),
  };
  return named(said, name ?? nameOf(said, appVersion));
}

function deviceOf({ userAgent, clientHints }: Pick<CallerInfo, 'userAgent' | 'clientHints'>): Device {
  const ua = clean(userAgent, maxUserAgentLength) ?? '';
  const hints: ClientHints = {
    brands: clean(clientHints?.brands, maxBrandsLength),
    mobile: clean(clientHints?.mobile),
    platform: unquote(clientHints?.platform),
    platformVersion: unquote(clientHints?.platformVersion),
    model: unquote(clientHints?.model),
  };
  const key = JSON.stringify([ua, hints]);
  let device = devices.get(key);
  if (device === undefined) {
    const facts = parse(ua, hints);
    device = named(facts, nameOf(facts));
    devices.set(key, device);
  }
  return device;
}

type Facts = Omit<Device, 'name'>;

/** In the order in which a person reads them. */
function named({ type, vendor, model, os, browser, app }: Facts, name: string | null): Device {
  return Object.freeze({ type, name, vendor, model, os, browser, app });
}

const unknown: DevicePart = Object.freeze({ name: null, version: null });
const nothing: Facts = { type: null, vendor: null, model: null, os: unknown, browser: unknown, app: unknown };

function parse(ua: string, hints: ClientHints): Facts {
  const program = programOf(ua);
  // A bot may say that it is any device.
  if (program?.type === 'bot') return { ...nothing, ...program };

  // Chromium calls every model "K": with the hinted one in its place, ua-parser-js tells the vendor and the type too.
  const thawed = ua.replace('; K)', (k) => (hints.model === null ? k : `; ${hints.model})`));
  // Given no text, ua-parser-js reads that of a global `window`, should there be one.
  const parser = new UAParser(thawed || '-');
  const os = systemOf(ua, parser.getOS(), hints);
  if (program !== undefined) return { ...nothing, ...program, os };

  const parsed = parser.getDevice();
  const model = hints.model ?? modelOf(ua, parsed.model);
  const browser = browserOf(parser.getBrowser(), hints);
  return {
    type: typeOf(ua, parsed.type ?? model, os, hints),
    vendor: vendorOf(parsed.vendor, model, os),
    model,
    os,
    browser,
    app: browser.name === null || browser.name === 'Electron' ? appOf(ua) : unknown,
  };
}

function programOf(ua: string): Pick<Device, 'type' | 'app'> | undefined {
  for (const [type, pattern] of programs) {
    const match = pattern.exec(ua);
    if (match !== null) return { type, app: partOf(match[1], match[2]) };
  }
  return undefined;
}

/**
 * What browsers say of the system, whichever it is.
 *
 * @see https://www.chromium.org/updates/ua-reduction/
 * @see https://webkit.org/blog/17333/webkit-features-in-safari-26-0/
 */
const frozen = /Windows NT 10\.0|Mac OS X 10[._]15|Android 10; K\)|CrOS \w+ 14541\.|OS 18_\d.+ Version\/[2-9]\d/;

function systemOf(ua: string, parsed: UAParser.IOS, hints: ClientHints): DevicePart {
  const seen = nativeSystemOf(ua) ?? partOf(parsed.name, parsed.version);
  const name = hints.platform === 'Unknown' ? seen.name : (spell(hints.platform) ?? seen.name);
  const hinted = name === 'Windows' ? windowsVersionOf(hints.platformVersion) : hints.platformVersion;
  // Of televisions and consoles ua-parser-js gives the model as the version.
  const told = name === seen.name && !frozen.test(ua) && (name === 'Windows' || /\d/.test(seen.version ?? ''));
  return partOf(name, shorten(hinted ?? (told ? seen.version : null)));
}

/** The system of a native app: ua-parser-js looks for those that browsers write. */
function nativeSystemOf(ua: string): DevicePart | undefined {
  if (ua.startsWith('Mozilla/')) return undefined;
  const written = /\b((?:i|iPad|mac|tv|watch|vision)OS|Android)[ /](\d[\d.]*)/.exec(ua);
  if (written !== null) return partOf(written[1], written[2]);
  // The HTTP client of Android, and of React Native on it.
  if (/\bokhttp\//.test(ua)) return partOf('Android');
  return /\bCFNetwork\/.+\(x86_64\)/.test(ua) ? partOf('macOS') : undefined;
}

/** @see https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11 */
function windowsVersionOf(platformVersion: string | null): string | null {
  const major = Number.parseInt(platformVersion ?? '', 10);
  if (major >= 13) return '11';
  return major >= 1 && major <= 10 ? '10' : null;
}

/** What other browsers are made of, and name beside themselves. */
const ingredients: ReadonlySet<string | null> = new Set([null, 'Chrome', 'Chrome WebView', 'Chromium']);

function browserOf(parsed: UAParser.IBrowser, hints: ClientHints): DevicePart {
  const engine = /^(?:webkit|khtml|mozilla)$/i.test(parsed.name ?? '');
  const seen = engine ? unknown : partOf(parsed.name, shorten(parsed.version));
  const brands = [...(hints.brands ?? '').matchAll(/("(?:\\.|[^"\\])*")\s*;\s*v=("[^"]*")/g)]
    .map(([, name, version]) => partOf(unquote(name), unquote(version)))
    // GREASE: https://wicg.github.io/ua-client-hints/#grease
    .filter(({ name }) => name !== null && name.replace(/[^a-z]/gi, '') !== 'NotABrand');
  const best =
    [...brands, seen].find(({ name }) => !ingredients.has(name)) ??
    brands.find(({ name }) => name !== 'Chromium') ??
    brands[0] ??
    seen;
  return best.name === seen.name ? seen : best;
}

/** The type by what ua-parser-js calls it, or else by the model or the system. */
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

function typeOf(ua: string, kind: string | null, os: DevicePart, hints: ClientHints): DeviceType | null {
  if (/\b(?:Oculus|Pico)Browser\/|\bWolvic\//i.test(ua)) return 'xr';
  const type = types.get(kind);
  if (type !== undefined) return type;
  if (hints.mobile === '?1') return 'mobile';
  return types.get(os.name) ?? (ua.includes('X11;') ? 'desktop' : null);
}

function vendorOf(parsed: string | undefined, model: string | null, os: DevicePart): string | null {
  if (parsed === 'Facebook') return 'Meta';
  if (parsed !== undefined && parsed !== 'Generic') return clean(parsed);
  if (model?.startsWith('Pixel ')) return 'Google';
  return /^(?:i|iPad|mac|tv|watch|vision)OS$/.test(os.name ?? '') ? 'Apple' : null;
}

function modelOf(ua: string, parsed: string | undefined): string | null {
  if (parsed === 'K' || parsed === 'Macintosh') return null;
  return spell(parsed ?? /^[^(]+\((iPad)\b/.exec(ua)?.[1]);
}

/** The first product of a native app, or the one that Electron puts before Chrome. */
function appOf(ua: string): DevicePart {
  const pattern = ua.startsWith('Mozilla/')
    ? /like Gecko\) (?!Chrome\/)(\S+?)\/(\S+) .*Electron\//
    : /^(?!Dalvik\/)([^\s/()<>][^/()<>]*)\/([\w.+-]+)/;
  const match = pattern.exec(ua);
  return partOf(decode(match?.[1]), match?.[2]);
}

/** "Chrome on Windows 11": the app or else the browser, on the model or else the system. */
function nameOf(facts: Facts, appVersion: string | null = null): string | null {
  const { browser, app } = facts;
  const what = join(' ', app.name ?? browser.name, app.name === null ? null : appVersion);
  return clean(join(' on ', what, placeOf(facts)));
}

function placeOf({ type, vendor, model, os }: Facts): string | null {
  if (model === null && type === 'tv') return join(' ', vendor, 'TV');
  if (model === null) return join(' ', os.name, os.name === 'Windows' ? os.version : null);
  // "iPhone15,2" is an iPhone, "SM-S918B" says little without its maker.
  if (/^i[A-Z]\D+\d+,\d+$/.test(model)) return model.replace(/[\d,]+$/, '');
  return /[a-z]/.test(model) ? model : join(' ', vendor, model);
}

function join(separator: string, ...texts: (string | null)[]): string | null {
  return texts.filter((text) => text !== null).join(separator) || null;
}

function partOf(name: string | null | undefined, version?: string | null): DevicePart {
  return Object.freeze({ name: spell(name), version: clean(version) });
}

function spell(name: string | null | undefined): string | null {
  const spelled = clean(name);
  return spelled === null ? null : (spellings.get(spelled) ?? spelled);
}

/** "120.0.0.0" and "14.0.0" say no more than "120" and "14": the zeros fill up what is not told. */
function shorten(version: string | null | undefined): string | null {
  return version?.replace(/(?:\.0){2,}$/, '') ?? null;
}

/** The text of a structured-field string, however malformed (RFC 8941 §3.3.3). */
function unquote(value: string | null | undefined): string | null {
  return clean(clean(value)?.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'));
}

/** CFNetwork percent-encodes the names of apps. */
function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Controls, lone surrogates, and formatting such as bidi overrides; but not the joiners that scripts and emoji need.
const unseen = /[\p{Cc}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

function clean(value: string | null | undefined, maxLength: number = maxTextLength): string | null {
  if (typeof value !== 'string') return null;
  return value.slice(0, maxLength).replace(/\s+/g, ' ').replace(unseen, '').trim() || null;
}
