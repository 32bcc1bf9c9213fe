import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Target {
  readonly types: string;
  readonly default: string;
}

interface Manifest {
  readonly main: string;
  readonly types: string;
  readonly typesVersions?: { readonly '*': Readonly<Record<string, readonly string[]>> };
  readonly exports: Readonly<Record<string, string | Target | { readonly import: Target; readonly require: Target }>>;
}

describe.each(['core', 'server', 'client'])('the package %s', (name) => {
  const folder = new URL(`../../packages/${name}/`, import.meta.url).pathname;
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target !== 'string' && 'import' in target ? [{ path, ...target }] : [],
  );
  /** Files that are no code: a compiler checks only that they exist. */
  const styles = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target !== 'string' && 'types' in target ? [{ path, ...target }] : [],
  );

  test('has each entry as ES modules and as CommonJS, with declarations for each', () => {
    const files = entries.flatMap((entry) =>
      [entry.import, entry.require].flatMap((target) => [target.types, target.default]),
    );
    expect(files.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    expect(new Set(files).size).toBe(entries.length * 4);
    expect(styles.filter((style) => !existsSync(join(folder, style.default)))).toEqual([]);
  });

  test('has each entry for compilers with moduleResolution "node", which do not read exports', () => {
    const { main, types, typesVersions } = manifest;
    const older = {
      '.': [types],
      ...Object.fromEntries(Object.entries(typesVersions?.['*'] ?? {}).map(([path, to]) => [`./${path}`, to])),
    };
    const newer = [
      ...entries.map(({ path, require }) => [path, [require.types]]),
      ...styles.map(({ path, types: of }) => [path, [of]]),
    ];
    expect(older).toEqual(Object.fromEntries(newer));
    expect(main).toBe(entries[0]?.require.default);
  });
});
