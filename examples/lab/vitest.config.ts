import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@evenkeel/source', 'module', 'node', 'import', 'default'];

/** `npm run screenshots` makes pictures in the place of tests. */
const isShooting = process.env.EVENKEEL_SCREENSHOTS === '1';

/** The lab's tests drive Chromium from Node. `npm run test:browser` runs them. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'lab',
    sequence: { groupOrder: 1 }, // not beside the packages: two Chromiums at once would only wait for each other
    globalSetup: './test/build-lab.ts',
    include: [isShooting ? 'test/screenshots.ts' : 'test/*.lab.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
