import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Pages by each bundler, in Chromium, which the tests drive from Node. `npm run test:browser` runs them. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    name: 'bundlers',
    sequence: { groupOrder: 3 }, // alone: builds and pages take all cores
    include: ['src/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
