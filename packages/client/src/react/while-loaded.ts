/** The pause before another attempt doubles up to this one, in milliseconds. */
const lastPause = 60_000;

/**
 * Loads a part of the hooks that a page does not need at first, and starts it. If it cannot be loaded, because the network is
 * away, it is loaded again after longer and longer pauses.
 *
 * @param start - Returns a function that stops the part.
 * @returns a function that stops it
 */
export function whileLoaded<TPart>(load: () => Promise<TPart>, start: (part: TPart) => () => void): () => void {
  let isStopped = false;
  let stop = () => {};

  function attempt(pause: number): void {
    if (isStopped) return;
    const started = (part: TPart) => void (isStopped || (stop = start(part)));
    load().then(started, () => setTimeout(attempt, pause, Math.min(pause * 2, lastPause)));
  }

  attempt(1000);
  return () => {
    isStopped = true;
    stop();
  };
}
