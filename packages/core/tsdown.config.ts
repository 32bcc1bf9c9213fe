import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    password: 'src/password/password.ts',
    sqlite: 'src/adapters/sqlite/index.ts',
    redis: 'src/adapters/redis/index.ts',
    postgres: 'src/adapters/postgres/index.ts',
    mysql: 'src/adapters/mysql/index.ts',
    'cli/bin': 'src/cli/bin.ts',
  },
  dts: true,
  sourcemap: true,
  fixedExtension: false,
});
