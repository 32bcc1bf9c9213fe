import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Kills a process with those that it has started, and waits for the end of the latter. Without their parent, the processes
 * of PostgreSQL would answer one more query, and no server could start on their data.
 */
export async function killWithChildren(pid: number): Promise<void> {
  // A stopped process starts no more of them.
  send('SIGSTOP', pid);
  for (let left = runningChildren(pid); left.length > 0; left = runningChildren(pid)) {
    for (const child of left) send('SIGKILL', child);
    await sleep(5);
  }
  send('SIGKILL', pid);
}

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Linux lists them. Elsewhere there are none to find. */
function runningChildren(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  const pids = existsSync(list) ? readFileSync(list, 'utf8').split(' ').filter(Boolean) : [];
  return pids.map(Number).filter(isRunning);
}

/** A process that has ended stays in the list until its parent notices: a stopped parent does not. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [XZ] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
