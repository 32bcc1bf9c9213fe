import type { Ending } from '../session/session-end.ts';
import type { Dialect } from './dialect.ts';

/**
 * Runs a deletion, and once more without its records if the disk has no space for them: a revocation matters more. In the
 * app's transaction it runs once, because only the app can begin its transaction again.
 *
 * @param ending - `undefined` if nothing is recorded
 */
export async function evenIfFull<TResult>(
  dialect: Pick<Dialect, 'isFull'>,
  trx: unknown,
  ending: Ending | undefined,
  run: (ending: Ending | undefined) => Promise<TResult>,
): Promise<TResult> {
  try {
    return await run(ending);
  } catch (error) {
    if (ending === undefined || trx !== undefined || !dialect.isFull(error)) throw error;
    return run(undefined);
  }
}
