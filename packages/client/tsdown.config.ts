import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', 'react/index': 'src/react/index.ts', 'ui/index': 'src/ui/index.ts' },
  platform: 'neutral',
  format: {
    esm: {},
    // Jest cannot run `import()` in CommonJS.
    cjs: { outputOptions: { dynamicImportInCjs: false } },
  },
  dts: true,
  sourcemap: true,
  // 'use client' stays first in the file, which is all that matters.
  checks: { moduleLevelDirective: false },
});
