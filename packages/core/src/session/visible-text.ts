/**
 * Controls, ends of lines, lone surrogates, formatting such as bidi overrides, and characters that show as nothing.
 * Scripts and emoji need the joiners and the variation selectors.
 */
export const unprintable: RegExp =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d]|\p{Variation_Selector})[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Braille without dots, which is a symbol but shows as nothing. */
const blank = /\u2800/gu;

/** More marks on one letter than any language writes: they would cover the lines around it. */
const stackedMarks = /(\p{M}{4})\p{M}+/gu;

const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * Cleans a text of a client so that a person can read it: one line, nothing hidden, trimmed.
 *
 * @param maxLength - in UTF-16 code units; a longer text is cut
 * @returns `null` for a text of which nothing shows
 */
export function visibleText(value: string | null | undefined, maxLength: number): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .slice(0, maxLength)
    .replace(/\s+/g, ' ')
    .replace(unprintable, '')
    .replace(blank, '')
    .replace(stackedMarks, '$1')
    .trim();
  return visible.test(text) ? text : null;
}
