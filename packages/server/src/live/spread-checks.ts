/** All are checked within this time, in milliseconds. Random, so that not all processes ask the database at once. */
const maxSpread = 1000;

/** Returns a function that has all checked soon. Further calls until then change nothing. */
export function spreadChecks(checkAll: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;

  function run(): void {
    timer = undefined;
    checkAll();
  }

  return () => {
    if (timer !== undefined) return;
    timer = setTimeout(run, Math.random() * maxSpread);
    // On Cloudflare Workers it can be a number.
    timer.unref?.();
  };
}
