import type { DevicePart } from './device.ts';
import { appsInComments, noApps } from './known-names.ts';
import { decode, partOf, unknownPart, versionOf } from './texts.ts';

/** The first product of a native app. */
export function nativeAppOf(ua: string): DevicePart {
  // Players of these two makers name their hardware, and no app.
  if (/^(?:AppleTV|Roku)\d/.test(ua)) return unknownPart;
  const inComment = appInComment(ua);
  if (inComment !== undefined) return inComment;
  const scoped = /^(@[\w.-]+\/[\w.-]+)(?:[/ ]v?(\d[\w.+-]*))?/.exec(ua);
  if (scoped !== null) return partOf(scoped[1], scoped[2]);
  const match = /^(?!Dalvik\/)["']?([^\s/()<>"'][^/()<>]*)\/([\w.+-]+)/.exec(ua) ?? words.exec(ua);
  return partOf(decode(match?.[1] && withoutPlatform(match[1])), versionOf(match?.[2]));
}

/** Without any product, the words before a version, a dash or a comment: "GitHub CLI 2.40.1". */
const words =
  /^["'@]?(?!(?:Mozilla|null|undefined|unknown|none)$|Dalvik\/)(\p{L}[\p{L}\p{N}_.+-]+(?: (?!v\d)\p{L}[\p{L}\p{N}_.+-]*){0,3})(?:[ -]v?(\d[\w.]*))?(?![\p{L}\p{N}])/iu;

function appInComment(ua: string): DevicePart | undefined {
  const match = appsInComments.exec(ua);
  return match === null ? undefined : partOf(match[1] ?? match[2] ?? match[3], versionOf(match[4]));
}

/** A package's name with its scope, or a product. */
const product =
  /(?<![\w/@.-])\[?(@[\w.-]+\/[\w.-]+|\d?[A-Za-z][\w.@+-]*)(?:[/ ]v?(\d[^\s\]);]*|(?<=\/)[^\s\]);]+))?\]?/g;

/** The app around an engine: the first product that is no part of one. */
export function embeddedAppOf(ua: string): DevicePart {
  const known = appInComment(ua);
  if (known !== undefined) return known;
  const engine =
    /\b(?:KHTML, like Gecko|like Gecko|Gecko\/[\d.]+)\)?\s*/.exec(ua) ?? /^Mozilla\/5\.0 \([^()]*\)/.exec(ua);
  if (engine === null) return unknownPart;
  const after = ua
    .slice(engine.index + engine[0].length)
    .replace(/\((?:KHTML|like)[^)]*\)/g, '')
    // Some apps leave out the space: "Safari/537.36Snapchat12.60".
    .replace(/(\bSafari\/[\d.]*\d)(?=[A-Z])/, '$1 ');
  const inComment = /(?:\(|^| )([A-Z][\w.]+) (?:ios|android)[@/]([\d.]+)/i.exec(after);
  if (inComment?.[1] !== undefined && !noApps.test(inComment[1])) return partOf(inComment[1], inComment[2]);
  let before = '';
  for (const [whole, written, writtenVersion] of after.replace(/\([^)]*\)/g, '').matchAll(product)) {
    const joined = /^([A-Za-z]+)(\d+(?:\.\d+)+)$/.exec(written ?? '');
    const name = joined?.[1] ?? written;
    const version = joined?.[2] ?? writtenVersion;
    const plain = withoutPlatform(name ?? '');
    if (plain === '' || noApps.test(plain)) continue;
    // A word alone is an app only with a sign of it.
    if (version === undefined && plain === name && !whole.startsWith('[')) {
      before = `${plain} `;
      continue;
    }
    // "Docker Desktop/4.26": the words before it are a part of the name.
    return partOf(after.includes(`${before}${whole}`) ? `${before}${plain}` : plain, versionOf(version));
  }
  return unknownPart;
}

/** "Telegram-Android" and "TeamsMobile-iOS" are Telegram and Teams. */
function withoutPlatform(name: string): string {
  return name.replace(/(?:Mobile)?(?: for)?[-_ ](?:iOS|iPhone|iPad|Android|Mac)$/i, '');
}
