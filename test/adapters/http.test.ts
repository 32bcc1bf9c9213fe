import { createTRPCClient, httpBatchLink, TRPCClientError, type TRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, test, vi } from 'vitest';
import { createTestApp, type AppRouter } from '../support/app.ts';
import { httpAdapters } from '../support/servers.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

/** The headers of Chromium. Its user agent is the same on Windows 10 and 11; the hints differ. */
const chromeOnWindows = {
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'sec-ch-ua': '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Windows"',
  'sec-ch-ua-platform-version': '"15.0.0"',
};

function clientOf(url: string, headers: Record<string, string> = {}): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({ links: [httpBatchLink({ url, headers, transformer: superjson })] });
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The error of a call that fails, as a client sees it. */
async function failure(call: Promise<unknown>): Promise<TRPCClientError<AppRouter>['data']> {
  const error = await call.then(
    () => expect.unreachable('accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TRPCClientError)) throw error;
  return error.data;
}

describe.each(httpAdapters)('an app behind the $name adapter', ({ start }) => {
  test('signs in, lists the sessions, revokes one, revokes the others, and signs out', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const login = (userAgent: string) =>
      clientOf(server.url, { 'user-agent': userAgent }).auth.login.mutate({ username: 'ada', password: 'right' });
    const phone = await login(iphone);
    const shell = await login('curl/8.5.0');
    const third = await login('curl/8.5.0');
    const client = clientOf(server.url, bearer(phone.token));

    const list = await client.auth.sessions.list.query();
    expect(list).toHaveLength(3);
    expect(list.find(({ current }) => current)).toMatchObject({
      id: phone.session.id,
      ip: '127.0.0.1',
      createdIp: '127.0.0.1',
      userAgent: iphone,
      device: {
        type: 'mobile',
        name: 'Safari on iPhone',
        vendor: 'Apple',
        model: 'iPhone',
        os: { name: 'iOS', version: '18.5' },
        browser: { name: 'Safari', version: '18.5' },
        app: { name: null, version: null },
      },
      location: null,
    });
    expect(list.find(({ id }) => id === shell.session.id)?.device).toMatchObject({ type: 'cli', name: 'curl' });
    expect(list[0]?.createdAt).toBeInstanceOf(Date);

    expect(await client.auth.sessions.revoke.mutate({ id: shell.session.id })).toEqual({ revoked: 1 });
    expect(await failure(clientOf(server.url, bearer(shell.token)).me.query())).toMatchObject({
      code: 'UNAUTHORIZED',
      httpStatus: 401,
      session: { reason: 'revoked_session' },
    });
    expect(await client.auth.sessions.revokeOthers.mutate()).toEqual({ revoked: 1 });
    expect(await failure(clientOf(server.url, bearer(third.token)).me.query())).toMatchObject({
      session: { reason: 'revoked_session' },
    });
    expect(await client.auth.logout.mutate()).toEqual({ revoked: 1 });
    expect(await failure(client.me.query())).toMatchObject({ session: { reason: 'revoked_session' } });
  });

  test('reads from the client hints of a sign-in the details that the user agent lacks', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const credentials = { username: 'ada', password: 'right' };
    const { token } = await clientOf(server.url, chromeOnWindows).auth.login.mutate(credentials);
    const [session] = await clientOf(server.url, bearer(token)).auth.sessions.list.query();
    expect(session?.device).toMatchObject({
      type: 'desktop',
      name: 'Chrome on Windows 11',
      os: { name: 'Windows', version: '11' },
      browser: { name: 'Chrome', version: '140' },
    });
  });

  test('takes the IP address from the header of a trusted proxy, and from no other', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router, { trustProxy: 1, ip: undefined });
    const headers = { 'x-forwarded-for': '6.6.6.6, 2001:DB8::7' };
    const { session } = await clientOf(server.url, headers).auth.login.mutate({ username: 'ada', password: 'right' });
    expect(session.ip).toBe('2001:db8::7');

    await using direct = await start(app.router);
    const spoofed = await clientOf(direct.url, headers).auth.login.mutate({ username: 'ada', password: 'right' });
    expect(spoofed.session.ip).toBe('127.0.0.1');
  });

  test('verifies the token of a batch of ten once, with one query', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const { token } = await app.manager.issue({ userId: 'ada' });
    const client = clientOf(server.url, bearer(token));
    const verify = vi.spyOn(app.manager, 'verify');
    app.database.clearQueries();

    await Promise.all(Array.from({ length: 10 }, () => client.me.query()));

    expect(verify).toHaveBeenCalledOnce();
    expect(app.database.queries).toHaveLength(1);
  });

  test('refuses a bad token in the procedures that need one, not in the public ones of the same batch', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const client = clientOf(server.url, bearer('nonsense'));
    const [open, me] = await Promise.all([client.open.query(), failure(client.me.query())]);
    expect(open).toBe('anyone');
    expect(me).toMatchObject({ session: { reason: 'malformed_token' } });
  });

  test('formats its own errors with its own error formatter', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const { token } = await app.manager.issue({ userId: 'ada' });
    expect(await failure(clientOf(server.url, bearer(token)).broken.query())).toMatchObject({ app: 'formatted' });
    expect(await failure(clientOf(server.url).broken.query())).toMatchObject({ session: { reason: 'missing_token' } });
  });

  test('serves an event stream to a signed-in client, and refuses it to others', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const { token } = await app.manager.issue({ userId: 'ada' });
    const stream = (headers: Record<string, string>) => fetch(`${server.url}/count`, { headers });
    expect(await (await stream(bearer(token))).text()).toContain('data: {"json":3}');
    expect(await (await stream({})).text()).toContain('missing_token');
  });
});
