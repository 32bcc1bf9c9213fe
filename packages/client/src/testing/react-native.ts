import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import type { nested } from './procedures.ts';

// A page in React Native, whose releases 0.81 to 0.85 have neither `Event` nor `EventTarget`. Its server is in the argument.

// Node's own `fetch` loads with them.
await fetch('data:,');
for (const name of ['Event', 'EventTarget']) Reflect.deleteProperty(globalThis, name);

const { memoryTokenStore, sessionLinks } = await import('../index.ts');
const tokens = memoryTokenStore();
const trpc = createTRPCClient<typeof nested>({
  links: sessionLinks({ url: process.argv[2] ?? '', at: 'auth', tokens, transformer: superjson }),
});
await trpc.auth.login.mutate('a');
const me = await trpc.app.me.query();
const subscription = await new Promise<string>((resolve) => {
  trpc.app.silent.subscribe(undefined, { onData: () => resolve('works'), onError: (error) => resolve(error.message) });
});
process.stdout.write(JSON.stringify({ me, subscription, held: tokens.get() }));
process.exit();
