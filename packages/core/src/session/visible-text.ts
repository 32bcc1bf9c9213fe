// Controls, lone surrogates, and formatting such as bidi overrides; but not the joiners that scripts and emoji need.
const unprintable = /[\p{Cc}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

/** Letters and symbols that show as nothing: fillers of Hangul, of Khmer and of Braille. */
const blank = /\u115f|\u1160|\u17b4|\u17b5|\u2800|\u3164|\uffa0/gu;

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
