import type { DevicePart } from './device.ts';
import { noApps } from './known-names.ts';
import { decode, partOf, unknownPart, versionOf } from './texts.ts';

/** The first product of a native app. */
export function nativeAppOf(ua: string): DevicePart {
  // Players of these two makers name their hardware, and no app.
  if (/^(?:AppleTV|Roku)\d/.test(ua)) return unknownPart;
  const word = /^[a-z][a-z\d]*(?:[-_.][a-z\d]+)+$/i.exec(ua);
  if (word !== null) return partOf(word[0]);
  const match = /^(?!Dalvik\/)([^\s/()<>][^/()<>]*)\/([\w.+-]+)/.exec(ua);
  return partOf(decode(match?.[1] && withoutPlatform(match[1])), versionOf(match?.[2]));
}

/** A package's name with its scope, or a product. */
const product = /(?<![\w/@.-])\[?(@[\w.-]+\/[\w.-]+|[A-Za-z][\w.@+-]*)(?:[/ ]v?(\d[^\s\]);]*|(?<=\/)[^\s\]);]+))?\]?/g;

/** The app around an engine: the first product that is no part of one. */
export function embeddedAppOf(ua: string): DevicePart {
  const engine = /\b(?:KHTML, like Gecko|like Gecko|Gecko\/[\d.]+)\)?\s*/.exec(ua);
  if (engine === null) return unknownPart;
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
  return unknownPart;
}

/** "Telegram-Android" and "TeamsMobile-iOS" are Telegram and Teams. */
function withoutPlatform(name: string): string {
  return name.replace(/(?:Mobile)?[-_ ](?:iOS|iPhone|iPad|Android)$/i, '');
}
