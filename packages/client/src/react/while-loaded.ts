/** The pause before another attempt doubles from the first to the last, in milliseconds. */
const firstPause = 1000;
const lastPause = 60_000;

/**
 * Loads a part of the hooks that a page does not need at first, and starts it. If it cannot be loaded, because the network is
 * away, it is loaded again after longer and longer pauses.
 *
 * @param start - returns a function that stops the part
 * @returns a function that stops it
 */
export function whileLoaded<TPart>(load: () => Promise<TPart>, start: (part: TPart) => () => void): () => void {
  let isStopped = false;
  let stop = () => {};

  function begin(part: TPart): void {
    if (!isStopped) stop = start(part);
  }

  function attempt(pause: number): void {
    if (isStopped) return;
    load().then(begin, () => setTimeout(attempt, pause, Math.min(pause * 2, lastPause)));
  }

  attempt(firstPause);
  return () => {
    isStopped = true;
    stop();
  };
}
