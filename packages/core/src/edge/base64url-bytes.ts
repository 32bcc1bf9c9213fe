/** Decodes base64url without padding (RFC 7515 §2). Its alphabet is checked before. */
export function bytesOfBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Decodes a text as Node.js does: a byte order mark stays, and wrong bytes are replaced. */
export function textOfBase64url(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOfBase64url(text));
}
