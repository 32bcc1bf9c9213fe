import { createTRPCClient, httpBatchLink, TRPCClientError, type TRPCClient } from '@trpc/client';
import { expect } from 'vitest';
import type { RuntimeRouter } from './app.ts';

function clientOf(url: string, token?: string): TRPCClient<RuntimeRouter> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return createTRPCClient<RuntimeRouter>({ links: [httpBatchLink({ url, headers })] });
}

/** The reason for which a call was refused. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => expect.unreachable('accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TRPCClientError)) throw error;
  return error.data?.session?.reason ?? error;
}

/** Signs in, lists the sessions and revokes them, and expects each refusal to have its reason. */
export async function expectMainJob(url: string): Promise<void> {
  const anyone = clientOf(url);
  expect(await refusalOf(anyone.hello.query())).toBe('missing_token');
  expect(await refusalOf(anyone.auth.login.mutate({ username: 'ada', password: 'wrong' }))).toBe('invalid_credentials');

  const login = () => anyone.auth.login.mutate({ username: 'ada', password: 'right' });
  const [first, second, third] = [await login(), await login(), await login()];
  const client = clientOf(url, first.token);
  expect(await client.hello.query()).toBe('Hello, ada');
  const ids = [first, second, third].map(({ session }) => session.id);
  const list = await client.auth.sessions.list.query();
  expect(list.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(list.find(({ current }) => current)?.id).toBe(first.session.id);

  expect(await clientOf(url, second.token).hello.query()).toBe('Hello, ada');
  expect(await client.auth.sessions.revoke.mutate({ id: second.session.id })).toEqual({ revoked: 1 });
  expect(await refusalOf(clientOf(url, second.token).hello.query())).toBe('revoked_session');
  expect(await client.auth.sessions.revokeOthers.mutate()).toEqual({ revoked: 1 });
  expect(await refusalOf(clientOf(url, third.token).hello.query())).toBe('revoked_session');

  expect(await refusalOf(clientOf(url, `${first.token.slice(0, -4)}AAAA`).hello.query())).toBe('invalid_token');
  await client.auth.logout.mutate();
  expect(await refusalOf(client.hello.query())).toBe('revoked_session');
}
