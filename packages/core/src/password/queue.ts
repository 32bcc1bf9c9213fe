import { SessionError } from '../errors.ts';

/** Runs expensive work a few at a time. Networks take turns, so that a flood from one delays only that one. */
export interface PasswordQueue {
  /**
   * @param network - the caller's; the work of unknown callers shares a turn
   * @param signal - drops the work if it has not begun
   * @throws {SessionError} `too_many_attempts`: too much work waits
   * @throws the signal's reason
   */
  run<TResult>(work: () => Promise<TResult>, network: string, signal: AbortSignal | undefined): Promise<TResult>;
}

/** The bounds of a {@link PasswordQueue}. */
export interface PasswordQueueBounds {
  readonly maxRunning: number;
  readonly maxWaiting: number;
}

/** In seconds: the waiting work is done by then. Callers that are refused together do not come back together. */
const retryAfter = (): number => 4 + Math.floor(Math.random() * 5);

interface Job {
  readonly network: string;
  begin(): void;
  refuse(): void;
}

export function createPasswordQueue({ maxRunning, maxWaiting }: PasswordQueueBounds): PasswordQueue {
  /** By network, the one whose turn is next first. */
  const waiting = new Map<string, Job[]>();
  let waitingCount = 0;
  let running = 0;

  function add(job: Job): void {
    const jobs = waiting.get(job.network);
    if (jobs === undefined) waiting.set(job.network, [job]);
    else jobs.push(job);
    waitingCount += 1;
  }

  function remove(job: Job): void {
    const jobs = waiting.get(job.network) ?? [];
    const index = jobs.indexOf(job);
    if (index === -1) return;
    jobs.splice(index, 1);
    if (jobs.length === 0) waiting.delete(job.network);
    waitingCount -= 1;
  }

  function beginNext(): void {
    const [next] = waiting;
    if (next === undefined || running >= maxRunning) return;
    const [network, jobs] = next;
    const [job] = jobs;
    if (job === undefined) return;
    remove(job);
    moveLast(network);
    running += 1;
    job.begin();
  }

  /** The network's next turn comes after all others'. */
  function moveLast(network: string): void {
    const jobs = waiting.get(network);
    if (jobs === undefined) return;
    waiting.delete(network);
    waiting.set(network, jobs);
  }

  /** The youngest job of the network that has most waiting: it makes place for a network that has less. */
  function jobToRefuse(network: string): Job | undefined {
    let longest: readonly Job[] = waiting.get(network) ?? [];
    for (const jobs of waiting.values()) if (jobs.length > longest.length + 1) longest = jobs;
    return longest[0]?.network === network ? undefined : longest.at(-1);
  }

  return {
    run: (work, network, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          remove(job);
          reject(signal?.reason);
        };
        const job: Job = {
          network,
          begin() {
            signal?.removeEventListener('abort', abort);
            const done = (): void => {
              running -= 1;
              // Also after those that came during its turn.
              moveLast(network);
              beginNext();
            };
            work().then(resolve, reject).finally(done);
          },
          refuse() {
            signal?.removeEventListener('abort', abort);
            remove(job);
            reject(new SessionError('too_many_attempts', { retryAfter: retryAfter() }));
          },
        };
        if (signal?.aborted === true) return reject(signal.reason);
        if (waitingCount >= maxWaiting) {
          const refused = jobToRefuse(network);
          if (refused === undefined) return job.refuse();
          refused.refuse();
        }
        signal?.addEventListener('abort', abort);
        add(job);
        beginNext();
      }),
  };
}
