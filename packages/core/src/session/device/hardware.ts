import UAParser from 'ua-parser-js';
import type { ClientHints } from '../caller.ts';
import { visibleText } from '../visible-text.ts';
import type { DevicePart, DeviceType } from './device.ts';
import { televisionMakers } from './known-names.ts';
import { spell } from './texts.ts';

/** The hardware that a user agent describes. */
export interface Hardware {
  readonly type: string | undefined;
  readonly vendor: string | undefined;
  readonly model: string | null;
}

export function hardwareOf(ua: string): Hardware {
  const reader = /\b(Kindle|Kobo)(?:\/| (Touch|Libra|Clara|Sage|Elipsa|Forma|Aura)\b)/.exec(ua);
  if (reader !== null) {
    const [, name, line] = reader;
    return {
      type: 'tablet',
      vendor: name === 'Kindle' ? 'Amazon' : name,
      model: [name, line].filter(Boolean).join(' '),
    };
  }
  const { type, vendor, model } = new UAParser(ua || '-').getDevice();
  const written = writtenModelOf(ua);
  // ua-parser-js finds "LG" in "PLK110" and "asus" in "Pegasus": only whole words count.
  const isFound =
    model === undefined
      ? isWord(ua, vendor)
      : isWord(ua, model) && (written === null || isWord(written, model) || isWord(written, vendor));
  if (!isFound || (vendor !== undefined && hasWithin(ua, vendor))) {
    return { type: undefined, vendor: undefined, model: spell(written ?? appleModelOf(ua)) };
  }
  if (model === undefined || model === 'K' || model === 'Macintosh' || model.startsWith('Build/'))
    return { type, vendor, model: null };
  return { type, vendor, model: visibleText(wholeModel(ua, model, vendor, written), 64) };
}

/** The model as Android writes it, before its build. */
function writtenModelOf(ua: string): string | null {
  const pattern =
    /\bAndroid [\d.]+; (?:[a-z]{2}[-_][a-z]{2}; )?((?!Build\/)[^;()]{2,64}?) ?(?:(?:; )?Build\/[^)]*|(?:; wv)?)\)/i;
  // Native apps write it before: "(Google Pixel 7; Android 14; SDK 34)".
  const before = /^\((?!Linux\b|U;|Mobile\b|Tablet\b|Android\b)([^;()]{2,64}); Android \d/;
  return visibleText((pattern.exec(ua) ?? before.exec(ua))?.[1], 64);
}

/** Newer hardware continues the name of older: "Nintendo Switch 2". And Android's own words end the name. */
function wholeModel(ua: string, known: string, vendor: string | undefined, written: string | null): string {
  // "Nokia 2 V Tella" and "motorola edge 30" say little without their maker, "Pixel 8" is known by itself.
  const [, maker, line] = /^(Nokia|motorola|Lenovo|HUAWEI|TCL) (?!moto)(.*[a-z].*)$/i.exec(written ?? '') ?? [];
  if (maker !== undefined && maker.toLowerCase() === vendor?.toLowerCase()) return `${vendor} ${line}`;
  if (written !== null && !written.toLowerCase().includes(known.toLowerCase())) {
    return vendor !== undefined && written.toLowerCase().startsWith(`${vendor.toLowerCase()} `)
      ? written.slice(vendor.length + 1)
      : written;
  }
  const start = `[(;] ?(?:${escaped(vendor ?? known)} )?${escaped(known)}`;
  const pattern = new RegExp(`${start}([A-Z0-9+]{0,3}(?: (?!Build\\b)[A-Z0-9][A-Za-z0-9+]{0,9}){0,3})(?=[;)/])`, 'g');
  // "Xbox; Xbox Series X" names it twice.
  const rests = [...ua.matchAll(pattern)].map(([, rest]) => rest ?? '');
  return `${spell(known) ?? ''}${rests.toSorted((one, other) => other.length - one.length)[0] ?? ''}`;
}

/** Apple's hardware, wherever a native app writes it: "iPhone15,2" is a part number. */
function appleModelOf(ua: string): string | undefined {
  return (
    /^[^(]*\((iPad)\b/.exec(ua)?.[1] ??
    /\b(?:iPhone|iPad|iPod)\d+,\d+/.exec(ua)?.[0] ??
    /^iTunes-(iPad|iPhone)\//.exec(ua)?.[1]
  );
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
  ['Ubuntu', 'desktop'],
  ['Debian', 'desktop'],
  ['Fedora', 'desktop'],
  ['Android', 'mobile'],
  ['iOS', 'mobile'],
  ['iPadOS', 'tablet'],
  ['tvOS', 'tv'],
  ['watchOS', 'wearable'],
  ['visionOS', 'xr'],
]);

/** Words that only televisions and the boxes beside them write. */
const television =
  /\b(?:smart-?_?tv|lgtv|vizio|web0s|webos\.?tv|netcast|hbbtv|googletv|android ?tv|apple ?tv|appletv\d+,\d+|chromecast|crkey|(?:streaming|tv) (?:box|stick)|set-?top|roku\w*|bravia|viera|vidaa|aft[a-z]{1,4}\d?|mitv|mibox|tvos|dtv|opera tv|philipstv|nettv|whaletv)\b|\bTV Safari\b|(?<![A-Za-z])(?:STB|XRE|WPE)(?![A-Za-z])|[;(] ?[\w -]*TV(?=[ ;)])/i;

export function typeOf(ua: string, hardware: Hardware, os: DevicePart, hints: ClientHints): DeviceType | null {
  if (/\b(?:Oculus|Pico)Browser\/|\bWolvic\/|\bMobile VR\b|; Quest \d/i.test(ua)) return 'xr';
  // Google's speakers have the same words as its televisions.
  if (/\bQtCarBrowser\b|\bDeviceType\/SmartSpeaker\b|\bFuchsia\b.* CrKey\//.test(ua)) return 'embedded';
  if (television.test(ua)) return 'tv';
  if (/\bWatch\b/.test(hardware.model ?? '')) return 'wearable';
  const type = types.get(hardware.type ?? hints.model ?? hardware.model);
  if (type !== undefined) return type;
  if (hints.mobile === '?1') return 'mobile';
  if (os.name === 'Android' && / Tablet[;)]/.test(ua)) return 'tablet';
  if (/\((?:Phone|Tablet); OpenHarmony/.test(ua)) return ua.includes('(Phone;') ? 'mobile' : 'tablet';
  return types.get(os.name) ?? (ua.includes('X11;') ? 'desktop' : null);
}

/** The first that matches counts. Apple's part numbers, such as "iPad13,1", begin with the name. */
const modelTypes: readonly (readonly [DeviceType, RegExp])[] = [
  ['mobile', /^i(?:Phone|Pod)/i],
  ['tablet', /^iPad|\bTab(?:let)?\b|\b(?:Mate|Media)?Pad\b|\b(?:Kindle|Kobo)\b|^Fire HD\b/i],
  ['wearable', /\bWatch(?:\d|\b)|^(?:Fitbit|Garmin)\b/i],
  ['tv', /\b(?:Apple)?TV(?:\d|\b)|^(?:Chromecast|Roku)\b/i],
  ['xr', /^(?:Apple )?Vision\b|^RealityDevice|\b(?:Quest|HoloLens|VR\d?|XR)\b|^(?:Pico|VIVE)\b/i],
  ['console', /^(?:PlayStation|PS\d|Xbox|Nintendo|Steam Deck)\b/i],
  [
    'desktop',
    /^i?Mac(?:Book(?:Pro|Air)?|intosh|mini|Pro|Studio)?(?=\d|\b)|\b(?:Laptop|Desktop|PC|ThinkPad|Chromebook)\b/i,
  ],
  ['embedded', /^Tesla\b/i],
  ['mobile', /\bPhone\b|^(?:Galaxy [SZAM]|Galaxy Note|Pixel \d|Redmi|POCO|moto|OnePlus|Xperia)/i],
];

/** The type of a model that a client names, where the name alone decides it. */
export function typeOfModel(model: string): DeviceType | null {
  const named = modelTypes.find(([, pattern]) => pattern.test(model))?.[0];
  if (named !== undefined) return named;
  const { type, vendor } = new UAParser(`Mozilla/5.0 (Linux; Android 10; ${model})`).getDevice();
  return vendor === undefined || vendor === 'Generic' ? null : (types.get(type ?? null) ?? null);
}

export function vendorOf(
  ua: string,
  { vendor, model }: Hardware,
  type: DeviceType | null,
  os: DevicePart,
): string | null {
  const maker = type === 'tv' ? televisionMakers.find(([, pattern]) => pattern.test(ua))?.[0] : undefined;
  if (maker !== undefined) return maker;
  if (vendor === 'Facebook') return 'Meta';
  if (vendor !== undefined && vendor !== 'Generic') return visibleText(vendor, 64);
  if (model?.startsWith('Pixel ')) return 'Google';
  return /^(?:i|iPad|mac|tv|watch|vision)OS$/.test(os.name ?? '') ? 'Apple' : null;
}

/** Of televisions, the name of the browser and the version of the system are often taken for the model. */
export function televisionModelOf(ua: string, { model, vendor }: Hardware): string | null {
  if (model === null && /\bCrKey\b/.test(ua) && !/\bDeviceType\/SmartTV\b/.test(ua)) return 'Chromecast';
  if (model === null || /^(?:[a-z]|browser|tv|smart-?tv|dvp\S*|safari)$/i.test(model)) return null;
  return vendor === 'Roku' || ua.startsWith('Roku') ? null : model;
}
