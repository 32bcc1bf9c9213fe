import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  plugins: [react()],
  // The workspace's own packages are taken from their sources: no build comes first.
  resolve: { conditions: ['@trpc-sessions/source', ...defaultClientConditions] },
  build: { outDir: '../dist', emptyOutDir: true },
  server: { proxy: { '/trpc': 'http://localhost:3000' } },
});
