import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { startDemo } from '@trpc-sessions/demo/start';
import { freePort } from '../support/ports.ts';

const main = new URL('../../apps/demo/server/main.ts', import.meta.url).pathname;

export interface RunningDemo extends AsyncDisposable {
  /** Calls a procedure: the status, and the body as text. */
  call(procedure: string, options?: { token?: string; input?: unknown }): Promise<{ status: number; body: string }>;
  readonly port: number;
}

export interface DemoProcess extends RunningDemo {
  /** The text that it has printed at its start. */
  readonly printed: string;
  /** The text of its standard error so far. */
  readonly log: string;
  /** As a supervisor does. Returns the exit code. */
  stop(): Promise<unknown>;
}

const secret = { SESSION_SECRET: 'a secret of more than thirty-two bytes' };

/** Starts the demo inside this process: most tests need no other. */
export async function startHere(env: Record<string, string>): Promise<RunningDemo> {
  const { port, close } = await startDemo({ PORT: '0', ...secret, ...env });
  return { port, call: callerOf(port), [Symbol.asyncDispose]: close };
}

/** Starts the demo as a process of its own, as it is started by hand, and waits until it listens. */
export async function start(env: Record<string, string>): Promise<DemoProcess> {
  const port = await freePort();
  const demo = spawnDemo({ PORT: String(port), ...env });
  const exited = once(demo, 'exit');
  let complaints = '';
  demo.stderr.on('data', (chunk) => (complaints += String(chunk)));
  // It prints its address as soon as it listens.
  const started = await Promise.race([once(demo.stdout, 'data'), exited.then(() => null)]);
  if (started === null) throw new Error(`the demo did not start: ${complaints}`);
  return {
    port,
    printed: String(started[0]),
    get log() {
      return complaints;
    },
    call: callerOf(port),
    async stop() {
      demo.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    async [Symbol.asyncDispose]() {
      demo.kill('SIGKILL');
      await exited;
    },
  };
}

function callerOf(port: number): RunningDemo['call'] {
  return async (procedure, { token, input } = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}/trpc/${procedure}`, {
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(input !== undefined && { method: 'POST', body: JSON.stringify(input) }),
    });
    return { status: response.status, body: await response.text() };
  };
}

/** The exit code of a demo that does not start, and its lines on standard error. */
export async function failToStart(env: Record<string, string>): Promise<{ code: unknown; lines: string[] }> {
  const demo = spawnDemo({ PORT: '0', ...env });
  let complaints = '';
  demo.stderr.on('data', (chunk) => (complaints += String(chunk)));
  const [code] = await once(demo, 'close');
  return { code, lines: complaints.trimEnd().split('\n') };
}

function spawnDemo(env: Record<string, string>): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ['--conditions=@trpc-sessions/source', main], {
    env: { ...process.env, ...secret, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
