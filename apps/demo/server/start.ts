import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createDemo, type Demo } from './app.ts';
import { errorLine } from './error-line.ts';
import { readSettings, type Settings } from './settings.ts';

/** The longest start, in milliseconds. A database that stops answering in the middle would delay it without end. */
const startTimeout = 30_000;

export interface StartedDemo extends Demo {
  readonly port: number;
  /** The address and the user to sign in as, for the terminal. */
  readonly greeting: string;
}

/**
 * Starts the demo with the settings of an environment.
 *
 * @throws {Error} a setting is wrong, the database does not answer, or the port is in use
 */
export async function startDemo(env: NodeJS.ProcessEnv): Promise<StartedDemo> {
  const settings = readSettings(env);
  const late = delay(startTimeout, null, { ref: false });
  const demo = await Promise.race([listen(settings), late]);
  if (demo === null) throw new Error(`the database did not answer within ${startTimeout / 1000} seconds`);
  const address = demo.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  return { ...demo, port, greeting: greetingOf(settings, port) };
}

/** Why the demo did not start, in one line. */
export const failureLine = (error: unknown): string => `The demo could not start: ${errorLine(error)}`;

async function listen({ host, port, ...options }: Settings): Promise<Demo> {
  const demo = await createDemo(options);
  demo.server.listen(port, host);
  await once(demo.server, 'listening');
  return demo;
}

function greetingOf({ host, seed, samples, database }: Settings, port: number): string {
  const name = host === '127.0.0.1' ? 'localhost' : host;
  return [
    '',
    `  trpc-sessions demo   http://${name.includes(':') ? `[${name}]` : name}:${port}`,
    seed ? '  sign in as           admin / admin (seeded)' : '  no user is seeded in production',
    ...(samples ? ['  sample sessions of admin are added (DEMO_SAMPLES)'] : []),
    `  sessions are kept in ${database}`,
    '',
  ].join('\n');
}
