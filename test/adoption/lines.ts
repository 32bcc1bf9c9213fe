import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

export const appsFolder: string = new URL('.', import.meta.url).pathname;

/** The apps: each is a folder with the app before, and the app after sessions were added to it. */
export const shapes: readonly string[] = readdirSync(appsFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The table of users, and the user interface. */
const aside = /\/users\.ts$|\/\+?(?:page|login|account)\.(?:tsx|svelte)$|\/pages\/.*\.vue$/;

export interface AddedLines {
  /** Of the code, `package.json` included. */
  readonly counted: number;
  /** Of the table of users and the user interface. */
  readonly aside: number;
}

/** The lines that sessions added to an app, as `git diff --numstat` counts them. */
export function addedLines(shape: string): AddedLines {
  const added = { counted: 0, aside: 0 };
  for (const [lines, file] of numstat(shape)) added[aside.test(file) ? 'aside' : 'counted'] += lines;
  return added;
}

function numstat(shape: string): [lines: number, file: string][] {
  const args = ['diff', '--no-index', '--numstat', '--no-renames', '-z', `${shape}/before`, `${shape}/after`];
  // Git ends with 1 if the folders differ.
  const output = outputOf(() => execFileSync('git', args, { cwd: appsFolder, encoding: 'utf8', stdio: 'pipe' }));
  // With `-z`, the two paths of a changed file stand after its counts.
  return [...output.matchAll(/(\d+)\t\d+\t(?:\0[^\0]*\0)?([^\0]*)\0/g)].map(([, n = '', file = '']) => [
    Number(n),
    file,
  ]);
}

function outputOf(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'status' in error && error.status === 1) {
      return String(error.stdout);
    }
    throw error;
  }
}
