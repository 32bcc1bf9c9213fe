import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The variable that hands the folder of this run to the workers. */
const variable = 'TRPC_SESSIONS_TEST_RUN';

/** The folder of this run. It and its servers are removed when the process ends that called this first. */
export function runFolder(): string {
  const inherited = process.env[variable];
  if (inherited !== undefined && existsSync(inherited)) return inherited;
  const folder = mkdtempSync(join(tmpdir(), 'trpc-sessions-run-'));
  // Servers that run as another user must be able to enter it.
  chmodSync(folder, 0o711);
  process.env[variable] = folder;
  process.once('exit', removeRun);
  process.once('SIGTERM', () => process.exit(143));
  return folder;
}

/** The file that names the process of a server in the run's folder. */
export const processFileOf = (serverFolder: string): string => `${serverFolder}.pid`;

/** Ends the servers of this run, and removes its folder. */
export function removeRun(): void {
  const folder = process.env[variable];
  if (folder === undefined || !existsSync(folder)) return;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.pid'))) {
    try {
      process.kill(Number(readFileSync(join(folder, file), 'utf8')), 'SIGKILL');
    } catch {
      // It has ended before.
    }
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
