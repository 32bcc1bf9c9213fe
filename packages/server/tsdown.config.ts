import { defineConfig } from 'tsdown';

const entry = {
  index: 'src/index.ts',
  altcha: 'src/captcha/altcha.ts',
  turnstile: 'src/captcha/turnstile.ts',
  country: 'src/locate/country.ts',
  maxmind: 'src/locate/maxmind.ts',
};

export default defineConfig({
  entry,
  format: {
    esm: {},
    // Jest cannot run `import()` in CommonJS.
    cjs: { outputOptions: { dynamicImportInCjs: false } },
  },
  dts: true,
  sourcemap: true,
  fixedExtension: false,
});
