import { visibleText } from '../visible-text.ts';
import type { DevicePart } from './device.ts';
import { spellings } from './known-names.ts';

/** A piece of software of which nothing is known. */
export const unknownPart: DevicePart = Object.freeze({ name: null, version: null });

export function partOf(name: string | null | undefined, version?: string | null): DevicePart {
  return Object.freeze({ name: spell(name), version: visibleText(version, 64) });
}

export function spell(name: string | null | undefined): string | null {
  const spelled = visibleText(name, 64);
  return spelled === null ? null : (spellings.get(spelled) ?? spelled);
}

/** A version starts with a digit: "++UE5+Release" and "DVP-12.5" are none. */
export function versionOf(text: string | null | undefined): string | null {
  return /^v?(\d[\w.+-]*)/i.exec(text ?? '')?.[1] ?? null;
}

/** "120.0.0.0" and "14.0.0" mean "120" and "14": the zeros fill up a version that is withheld. */
export function shorten(version: string | null | undefined): string | null {
  return version?.replace(/(?:\.0){2,}$/, '') ?? null;
}

/** The text of a structured-field string, however malformed (RFC 8941 §3.3.3). */
export function unquote(value: string | null | undefined): string | null {
  return visibleText(visibleText(value, 64)?.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'), 64);
}

/** CFNetwork percent-encodes the names of apps. */
export function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}
