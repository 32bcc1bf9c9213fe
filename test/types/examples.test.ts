import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeSlow } from '../support/optional.ts';

// The examples of the documentation compile: every @example of the sources, and every block of TypeScript of the pages.

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
const folder = join(root, 'test/node_modules/.cache/examples');

interface Example {
  /** The page, or the source. */
  readonly page: string;
  /** The number of its first line. */
  readonly line: number;
  /** Its title or its line. Another example of the page imports it by its title. */
  readonly name: string;
  readonly language: string;
  readonly code: string;
}

/** In Markdown, or in Markdown that is a comment. */
const block = /^ *(?:\* )?```(?<language>tsx?)(?: title="(?<title>\w+)\.tsx?")?\n(?<code>[\s\S]*?)^ *(?:\* )?```$/gm;

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(block)].map(({ index, groups = {} }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    const { title = `line-${line}`, language = '', code = '' } = groups;
    return { page, line, name: title, language, code: page.endsWith('.md') ? code : code.replaceAll(/^ *\* ?/gm, '') };
  });
}

const sources = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).filter((file) => !file.includes('.test.'));
const pages = globSync(['README.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: root });
const examples = [...pages, ...sources].flatMap(examplesOf);

/** The code around a fragment in an app. */
const surroundings: readonly (readonly [fragment: RegExp, before: string, after: string])[] = [
  [/^createContext: /, 'createHTTPServer({ router: appRouter, ', '});'],
  [/^authenticate: /, 'createSessionsPlugin({ manager, ', '});'],
  // The body of a function.
  [/^(?:if \(.*\) )?return\b/m, 'export const example = async () => {', '};'],
];

/** Makes a module of an example, with each of its lines at the same number as on the page. */
function moduleOf({ line, code }: Example): string {
  const [, imports = '', rest = ''] = /^((?:import .*\n|\n)*)([\s\S]*)$/.exec(code) ?? [];
  const [, before = '', after = ''] = surroundings.find(([fragment]) => fragment.test(rest)) ?? [];
  const closed = after === '});' ? rest.replace(/[;,]\n$/, '\n') : rest;
  return `${'\n'.repeat(line - 1)}${imports}${before}${closed}${after}\nexport {};\n`;
}

const fileOf = ({ page, name, language }: Example): string => join(folder, page, `${name}.${language}`);

async function writeExamples(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const example of examples) {
    await mkdir(dirname(fileOf(example)), { recursive: true });
    await writeFile(fileOf(example), moduleOf(example));
  }
  await cp(join(root, 'test/types/examples/given.d.ts'), join(folder, 'given.d.ts'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  // React is the client's: everything else is the tests' own.
  await mkdir(join(folder, 'node_modules/@tanstack'), { recursive: true });
  for (const name of ['@types', '@tanstack/react-query'])
    await symlink(join(root, 'packages/client/node_modules', name), join(folder, 'node_modules', name));
  const files = ['given.d.ts', ...examples.map((example) => relative(folder, fileOf(example)))];
  // A package's page imports the server of the README.
  const rootDirs = pages.filter((page) => page.endsWith('README.md'));
  // Beside the folder, which is new each time: files that have not changed since the last run are not checked again.
  const kept = { incremental: true, tsBuildInfoFile: `${folder}.tsbuildinfo` };
  const extended = join(root, 'test/types/examples/tsconfig.json');
  const config = { extends: extended, compilerOptions: { rootDirs, ...kept }, files };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
}

describeSlow('the examples', () =>
  test('all compile', async () => {
    await writeExamples();
    const tsc = join(root, 'node_modules/.bin/tsc');
    const { stdout } = await run(tsc, ['--pretty', 'false'], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    // A line is that of the page.
    expect(stdout.trimEnd().split('\n')).toEqual(['']);
  }),
);

test('no example is overlooked', () => {
  const countOf = (page: string, mark: RegExp): number => readFileSync(join(root, page), 'utf8').split(mark).length - 1;
  const found = Map.groupBy(examples, ({ page }) => page);
  const overlooked = [
    ...sources.filter((page) => countOf(page, /@example/) > (found.get(page)?.length ?? 0)),
    ...pages.filter((page) => countOf(page, /^ *```tsx?\b/m) !== (found.get(page)?.length ?? 0)),
  ];
  expect(overlooked).toEqual([]);
});
