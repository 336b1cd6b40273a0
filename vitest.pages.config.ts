import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@evenkeel/source', 'module', 'node', 'import', 'default'];

/** `npm run screenshots` makes pictures in the place of tests. */
const isShooting = process.env.EVENKEEL_SCREENSHOTS === '1';

/** Pages that packages write or serve: their tests drive Chromium from Node. `npm run test:browser` runs them. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'pages',
    sequence: { groupOrder: 2 }, // after the lab: one Chromium at a time
    globalSetup: ['packages/wasm-kernels/scripts/compile.mjs', 'packages/trainer/scripts/compile-page.mjs'],
    include: [isShooting ? 'packages/*/test/**/screenshots.ts' : 'packages/*/test/**/*.page.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
