/** Five habits of an English that slows a reader down, counted in comments and documentation. */
export const figures = {
  'what, outside of a question': /\bwhat\b(?![^.!]*\?)/gi,
  'tell, tells, told': /\b(?:tells?|told)\b/gi,
  'where there, it, they, that, none, one': /\bwhere (?:there|it|they|that|none|one)\b/gi,
  nobody: /\bnobody\b/gi,
  anew: /\banew\b/gi,
} as const satisfies Readonly<Record<string, RegExp>>;

/** More of them, which the documentation does not use at all. */
const others =
  /\b(?:whoever|of late|(?:lets?|letting) (?:in|out)|makes? room|believe[sd]?|doubt(?:s|ed)?|forg[eo]ts?|forgotten|hears?|heard|mend(?:s|ed)?|undone?)\b/gi;

/** Every use of the dialect in a passage. */
export function dialectIn(text: string): string[] {
  return [...Object.values(figures), others].flatMap((pattern) => text.match(pattern) ?? []);
}
