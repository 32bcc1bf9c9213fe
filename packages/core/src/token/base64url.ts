/** The last characters that leave no bit over: after two characters, and after three. */
const lastOfTwo = /[AQgw]$/;
const lastOfThree = /[AEIMQUYcgkosw048]$/;

/**
 * Answers whether a text is the one encoding of its bytes. Decoders ignore the bits that are left over, so that several
 * texts would stand for one token (RFC 4648 §3.5).
 *
 * @param text - of the base64url alphabet, without padding
 */
export function isCanonicalBase64url(text: string): boolean {
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  return (rest === 2 ? lastOfTwo : lastOfThree).test(text);
}
