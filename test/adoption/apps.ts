import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { appsFolder } from './lines.ts';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** How an app is installed and compiled. */
export interface Kind {
  readonly shape: string;
  readonly manager: 'npm' | 'pnpm' | 'yarn';
  readonly typescript: string;
  readonly module: 'module' | 'commonjs';
}

const install = {
  npm: ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error'],
  pnpm: ['npx', '-y', 'pnpm@12.21.0', 'install', '--no-frozen-lockfile'],
  yarn: ['npx', '-y', 'yarn@1.22.22', 'install', '--no-lockfile', '--non-interactive'],
};

/** Packs the packages as npm would publish them. Returns the folder of `core.tgz`, `server.tgz` and `client.tgz`. */
export async function packPackages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-tarballs-'));
  for (const name of ['core', 'server', 'client']) {
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(root, 'packages', name) });
    const file = (await readdir(folder)).find((each) => each.startsWith(`trpc-sessions-${name}-`));
    if (file === undefined) throw new Error(`pnpm packed no ${name}`);
    await rename(join(folder, file), join(folder, `${name}.tgz`));
  }
  return folder;
}

/** Installs the app before and the app after side by side, in a folder outside the workspace. Returns its path. */
export async function installBothApps({ shape, manager, typescript, module }: Kind, tarballs: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `trpc-sessions-${shape}-`));
  await cp(join(appsFolder, shape), folder, { recursive: true });
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(folder, 'after/package.json'), 'utf8'));
  const ours = Object.fromEntries(
    ['core', 'server', 'client'].map((name) => [`@trpc-sessions/${name}`, `file:${join(tarballs, name)}.tgz`]),
  );
  // The packages depend on each other by their versions, which the registry does not have yet.
  const manifest = {
    private: true,
    name: shape,
    version: '1.0.0',
    type: module,
    dependencies: { ...dependencies, ...ours },
    devDependencies: { ...devDependencies, typescript },
    ...(manager === 'yarn' && { resolutions: ours }),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  if (manager === 'pnpm') {
    const settings = { overrides: ours, dangerouslyAllowAllBuilds: true, minimumReleaseAge: 0 };
    await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  }
  // The manifests of the two apps are for the count alone.
  for (const app of ['before', 'after']) await rm(join(folder, app, 'package.json'));
  const [program = '', ...args] = install[manager];
  await run(program, args, { cwd: folder, timeout: 400_000 });
  return folder;
}

/** Type-checks and compiles both apps with the TypeScript that is installed. Returns the compiler's complaints. */
export async function compileApp(folder: string): Promise<string> {
  const compilerOptions = {
    strict: true,
    skipLibCheck: true,
    target: 'es2022',
    module: 'nodenext',
    jsx: 'react-jsx',
    lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
    types: ['node'],
    // As an app of NestJS has them.
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: '.',
    outDir: 'out',
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['before', 'after'] }));
  const compiler = join(folder, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', '.'], { cwd: folder, timeout: 200_000 }).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}
