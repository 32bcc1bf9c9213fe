import { createDemo } from './app.ts';
import { fileOf } from './database.ts';
import { keptSecret } from './secret.ts';

const defaultFile = new URL('../data/demo.db', import.meta.url);
/** An empty variable, as a compose file sets it, counts as unset. */
const setting = (name: string): string | undefined => process.env[name] || undefined;

const databaseUrl = setting('DATABASE_URL') ?? defaultFile.href;
const production = process.env['NODE_ENV'] === 'production';

const demo = await createDemo({
  databaseUrl,
  redisUrl: setting('REDIS_URL'),
  secret: setting('SESSION_SECRET') ?? keptSecret(databaseUrl),
  trustProxy: Number(setting('TRUST_PROXY') ?? 0),
  seed: !production,
});

demo.server.listen(Number(setting('PORT') ?? 3000), () => {
  const address = demo.server.address();
  const port = typeof address === 'object' ? address?.port : address;
  const where = databaseUrl.startsWith('file:') ? fileOf(databaseUrl) : new URL(databaseUrl).host;
  console.log(`\n  trpc-sessions demo   http://localhost:${port}`);
  console.log(production ? '  no user is seeded in production' : '  sign in as           admin / admin (seeded)');
  console.log(`  sessions are kept in ${where}\n`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void demo.close());
