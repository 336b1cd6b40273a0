import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { contentSecurityPolicy } from './src/node/content-security-policy.js';

/** Headers of a cross-origin isolated page. The lab runs with and without them. */
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const headers = process.env.EVENKEEL_LAB_ISOLATED === '1' ? isolated : {};

/** Packages come from their sources, so that nothing must be built before. The page asks for nothing outside. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [contentSecurityPolicy()],
  resolve: { conditions: ['@evenkeel/source', 'module', 'browser', 'import', 'default'] },
  define: { 'process.env': {} },
  worker: { format: 'es' },
  // The worker too: what is found only when a run starts would reload the page.
  optimizeDeps: { entries: ['index.html', 'src/worker/main.ts'] },
  build: { target: 'es2022', chunkSizeWarningLimit: 4000 },
  server: { host: '127.0.0.1', headers },
  preview: { host: '127.0.0.1', headers },
});
