/**
 * Runs a transaction whose work is guarded: if the work fails, its error is thrown, and not that of the rollback. A full disk
 * makes SQLite roll back by itself, and the second rollback fails.
 */
export async function withFirstError<TResult>(
  run: (guard: (work: () => Promise<TResult>) => Promise<TResult>) => Promise<TResult>,
): Promise<TResult> {
  let first: { readonly error: unknown } | undefined;
  try {
    return await run(async (work) => {
      try {
        return await work();
      } catch (error) {
        first = { error };
        throw error;
      }
    });
  } catch (error) {
    throw first === undefined ? error : first.error;
  }
}
