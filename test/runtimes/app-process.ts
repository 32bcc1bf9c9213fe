import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { freePort } from '../support/ports.ts';

/** An app that runs in a process of its own. */
export interface AppProcess extends AsyncDisposable {
  readonly url: string;
}

/** Starts an app, and waits until it answers. The app gets its port as an argument or as `PORT`. */
export async function startProcess(
  program: string,
  argumentsWith: (port: number) => readonly string[],
): Promise<AppProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const app = spawn(program, argumentsWith(port), {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stderr = text(app.stderr);
  const ended = once(app, 'close');
  const hasEnded = () => app.exitCode !== null || app.signalCode !== null;
  while (!(await isAnswering(url))) {
    if (hasEnded()) throw new Error(`${program} ended: ${await stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      app.kill('SIGKILL');
      await ended;
    },
  };
}

const isAnswering = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );
