/** Answers whether every database stores a text unchanged. Some refuse or replace NUL characters and lone surrogates. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
