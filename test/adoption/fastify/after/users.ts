import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';

// The user table of the app. It is in this folder alone, so that the app before stays short, and it is not counted.
const users = new Map([['ada', hashPassword('lovelace')]]);

export async function authenticate({ username, password }: { username: string; password: string }) {
  return (await verifyPassword(password, await users.get(username))) ? { id: username } : null;
}
