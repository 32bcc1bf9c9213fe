import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/password.ts',
    'src/sqlite.ts',
    'src/redis.ts',
    'src/postgres.ts',
    'src/mysql.ts',
    'src/cli.ts',
  ],
  dts: true,
  sourcemap: true,
  fixedExtension: false,
});
