/** RFC 4648 §6 in lower case, without padding: 5 bytes become 8 characters that survive URLs, file names and collations. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Encodes whole groups of 5 bytes: the 20 bytes of a lookup id or of an id become 32 characters. */
export function base32(bytes: Uint8Array): string {
  // Not a text that grows: V8 would keep such a one as its pieces.
  const characters = Buffer.alloc(Math.floor((bytes.length * 8) / 5));
  let length = 0;
  let bits = 0;
  let width = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    width += 8;
    while (width >= 5) {
      width -= 5;
      characters[length++] = alphabet.charCodeAt((bits >> width) & 31);
    }
  }
  return characters.toString('latin1');
}
