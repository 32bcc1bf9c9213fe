import { sessionErrorReason } from '@trpc-sessions/client';
import { client, queryClient, trpc } from './app/apps/expo/src/utils/api.tsx';

/** One start of the app on the phone, until it is closed. */
async function start(job: 'sign in' | 'come back'): Promise<unknown> {
  const create = () => client.post.create.mutate({ body: 'From the phone' });
  if (job === 'come back') return create().then(({ source }) => source, sessionErrorReason);
  const visitor = await create().catch(sessionErrorReason);
  await client.auth.login.mutate({ username: 'ada', password: 'lovelace', device: { app: 'Acme', appVersion: '1.0' } });
  const { source } = await create();
  const posts = await queryClient.fetchQuery(trpc.post.all.queryOptions());
  const [session] = await client.auth.sessions.list.query();
  return {
    visitor,
    source,
    posts: posts.length,
    device: session?.device.name,
    isDate: session?.createdAt instanceof Date,
  };
}

Reflect.set(globalThis, 'start', start);
