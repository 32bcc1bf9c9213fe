import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

// An app of a new user: a fresh folder outside the workspace, with the packed packages.

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** Makes the folder, and installs the packages and these of npm. Returns its path. */
export async function createApp(
  manifest: object,
  packages: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-packed-'));
  for (const name of ['core', 'server', 'client']) {
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(root, 'packages', name) });
  }
  const tarballs = (await readdir(folder)).filter((file) => file.endsWith('.tgz')).map((file) => `./${file}`);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...options, ...tarballs, ...packages], {
    cwd: folder,
  });
  return folder;
}

/** The version of a package that the tests use, as npm's `name@version`. */
export async function tested(name: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'test/package.json'), 'utf8'));
  const own: string = manifest.devDependencies[name] ?? 'catalog:';
  if (own !== 'catalog:') return `${name}@${own}`;
  const catalog = await readFile(join(root, 'pnpm-workspace.yaml'), 'utf8');
  return `${name}@${new RegExp(`^  '?${name}'?: (.+)$`, 'm').exec(catalog)?.[1] ?? 'latest'}`;
}

/** The blocks of the README that have a file name. They listen on this port. */
export async function readmeFiles(port: number): Promise<ReadonlyMap<string, string>> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = readme.matchAll(/```ts title="([\w.-]+)"\n([\s\S]*?)```/g);
  return new Map([...blocks].map(([, name = '', code = '']) => [name, code.replaceAll('3000', String(port))]));
}
