import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The variable by which the global set-up hands the folder of this run to the workers. */
export const runFolderVariable = 'TRPC_SESSIONS_TEST_RUN';

/** The folder of this run: everything in it is removed when the run ends. */
export function runFolder(): string {
  return (process.env[runFolderVariable] ??= mkdtempSync(join(tmpdir(), 'trpc-sessions-run-')));
}
