import { defineConfig } from 'tsdown';

const entry = {
  index: 'src/index.ts',
  password: 'src/password/password.ts',
  edge: 'src/edge/index.ts',
  sqlite: 'src/adapters/sqlite/index.ts',
  redis: 'src/adapters/redis/index.ts',
  postgres: 'src/adapters/postgres/index.ts',
  mysql: 'src/adapters/mysql/index.ts',
};

export default defineConfig({
  entry: { ...entry, 'cli/bin': 'src/cli/bin.ts' },
  format: {
    esm: {},
    // The command is a program: one format is enough. Jest cannot run `import()` in CommonJS.
    cjs: { entry, outputOptions: { dynamicImportInCjs: false } },
  },
  dts: true,
  sourcemap: true,
  fixedExtension: false,
});
