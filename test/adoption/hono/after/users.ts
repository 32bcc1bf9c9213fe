import { scryptSync, timingSafeEqual } from 'node:crypto';

// The user table of the app, with password hashes of its own. It is not counted.
const salt = 'a salt for each user';
const users = new Map([['ada', scryptSync('lovelace', salt, 32)]]);

export function authenticate({ username, password }: { username: string; password: string }) {
  const hash = users.get(username);
  const matches = hash !== undefined && timingSafeEqual(hash, scryptSync(password, salt, 32));
  return Promise.resolve(matches ? { id: username } : null);
}
