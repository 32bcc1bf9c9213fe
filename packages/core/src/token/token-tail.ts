/** How many last characters of a token count: all are of its signature, and so random. */
const tailLength = 10;

/**
 * Hashes the end of a token to a whole number. A map finds a number several times faster than a new text, and the number takes no
 * memory of its own. Of a million tokens, a few hundred have the number of another: so the caller compares the whole tokens.
 */
export function tailOf(token: string): number {
  let tail = 0;
  for (let at = Math.max(0, token.length - tailLength); at < token.length; at += 1) {
    tail = Math.imul(tail, 31) ^ token.charCodeAt(at);
  }
  return tail;
}
