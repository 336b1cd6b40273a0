import { defineConfig } from 'vitest/config';

/** The lab's tests drive Chromium from Node. `npm run test:browser` runs them. */
export default defineConfig({
  resolve: { conditions: ['@evenkeel/source', 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@evenkeel/source', 'module', 'node', 'import', 'default'] } },
  test: {
    globalSetup: 'examples/lab/test/build-lab.ts',
    include: ['examples/lab/test/*.lab.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
