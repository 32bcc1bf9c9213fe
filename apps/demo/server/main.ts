import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createDemo, type Demo } from './app.ts';
import { errorLine } from './error-line.ts';
import { readSettings, type Settings } from './settings.ts';

/** The longest start, in milliseconds. A database that stops answering in the middle would delay it without end. */
const startTimeout = 30_000;

async function start({ host, port, ...options }: Settings): Promise<Demo> {
  const demo = await createDemo(options);
  demo.server.listen(port, host);
  await once(demo.server, 'listening');
  return demo;
}

function printStart({ host, port, seed, database }: Settings, { server }: Demo): void {
  const address = server.address();
  const actualPort = typeof address === 'object' ? address?.port : port;
  const name = host === '127.0.0.1' ? 'localhost' : host;
  console.log(`\n  trpc-sessions demo   http://${name.includes(':') ? `[${name}]` : name}:${actualPort}`);
  console.log(seed ? '  sign in as           admin / admin (seeded)' : '  no user is seeded in production');
  console.log(`  sessions are kept in ${database}\n`);
}

try {
  const settings = readSettings(process.env);
  const late = delay(startTimeout, null, { ref: false });
  const demo = await Promise.race([start(settings), late]);
  if (demo === null) throw new Error(`the database did not answer within ${startTimeout / 1000} seconds`);
  printStart(settings, demo);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void demo.close());
} catch (error) {
  console.error(`The demo could not start: ${errorLine(error)}`);
  // Open connections would keep the process alive.
  process.exit(1);
}
