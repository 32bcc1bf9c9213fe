import type { Worker } from 'node:worker_threads';
import type { WriteBack } from '../direct-connection.ts';

/**
 * How many deleted rows share a write-back beside requests. They fill some hundred pages of the log. At a thousand pages, SQLite would
 * have a commit of this thread do it. The first commit after each write-back waits once for the disk.
 */
const rowsTogether = 100;

/** The code of the thread. It has a connection of its own: SQLite lets one write the log back while others read and write. */
const threadCode = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.driver);
  const database = new Database(workerData.file, { fileMustExist: true });
  parentPort.on('message', () => {
    database.pragma('wal_checkpoint(passive)');
    parentPort.postMessage('done');
  });
  parentPort.postMessage('ready');
`;

/** Another thread, with a connection of its own. */
interface Thread {
  readonly worker: Worker;
  /** Waits for its next answer. Resolves with `false` if it ends without one. */
  answer(): Promise<boolean>;
}

/** @param here - writes the log back on this thread, and waits for the disk */
export function createWriteBack(database: object, here: () => void): WriteBack {
  let starting: Promise<Thread | undefined> | undefined;
  let waiting = 0;

  return {
    here,
    async beside(rows) {
      starting ??= start(database);
      const thread = await starting;
      if (thread === undefined) return here();
      waiting += rows;
      if (waiting < rowsTogether) return;
      waiting = 0;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      thread.worker.postMessage('write');
      if (!(await thread.answer())) starting = Promise.resolve(undefined);
    },
    async close() {
      const thread = await starting;
      await thread?.worker.terminate();
    },
  };
}

/**
 * Starts the thread. `undefined` if none can start: for a database in memory or of another driver, in a bundle, on a platform
 * without threads.
 */
async function start(database: object): Promise<Thread | undefined> {
  const file = fileOf(database);
  if (file === undefined) return undefined;
  try {
    const [threads, { createRequire }] = await Promise.all([import('node:worker_threads'), import('node:module')]);
    const require = createRequire(import.meta.url);
    const driver = require.resolve('better-sqlite3');
    const Driver: unknown = require(driver);
    // Of two copies of SQLite in a process, one that closes a file releases the other's locks on it.
    if (typeof Driver !== 'function' || !(database instanceof Driver)) return undefined;
    // Otherwise, a thread would begin with the modules that the app preloads, such as one that starts a server.
    const worker = new threads.Worker(threadCode, { eval: true, execArgv: [], env: {}, workerData: { driver, file } });
    // Without a listener, an error there would be thrown here. With it, the thread only ends.
    worker.on('error', () => {});
    const ended = new Promise<boolean>((resolve) => worker.once('exit', () => resolve(false)));
    const answer = (): Promise<boolean> =>
      Promise.race([ended, new Promise<boolean>((resolve) => worker.once('message', () => resolve(true)))]);
    return (await answer()) ? { worker, answer } : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(database: { readonly name?: unknown; readonly memory?: unknown }): string | undefined {
  return database.memory === false && typeof database.name === 'string' ? database.name : undefined;
}
