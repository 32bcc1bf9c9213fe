import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Creates a file that only its owner can read, and its folder. An existing file stays as it is. */
export function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
}

/** Takes the permissions of other users from a file, if it exists. */
export function hideFromOthers(file: string): void {
  if (!existsSync(file)) return;
  const { mode } = statSync(file);
  if ((mode & 0o007) !== 0) chmodSync(file, mode & 0o770);
}
