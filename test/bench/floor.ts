import { createHmac } from 'node:crypto';

export const secret = 'a secret of more than thirty-two bytes, for measuring';

/** The columns of a session: every candidate looks them up by primary key. */
export const columns = 'user_id, ip, created_ip, user_agent, device, created_at, last_seen_at, expires_at';

/** The least that a signed token costs: one HMAC, one comparison, one JSON.parse. */
export function checkSignature(token: string): { readonly sub: string } {
  const [header = '', payload = '', signature] = token.split('.');
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  if (expected !== signature) throw new Error('the floor refuses its own token');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}
