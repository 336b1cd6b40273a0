import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_ARGUMENTS } from './scripts/chromium-arguments.js';

/**
 * `npm run test:browser`, in real Chromium: the tests of whole models (`*.models.test.ts`) once more, on webgl and
 * webgpu, what can only be tested in a page (`*.browser.test.ts`), and then what is driven from outside: the lab, the pages that
 * packages write, and the packages as every bundler builds them.
 */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions: ['@evenkeel/source', 'module', 'browser', 'import', 'default'] },
        define: { 'process.env': {} },
        test: {
          name: 'packages',
          include: ['{packages,examples}/*/src/**/*.models.test.ts', 'packages/*/test/**/*.browser.test.ts'],
          provide: { backends: (process.env.BACKENDS ?? 'webgl,webgpu').split(',') },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false, // one GPU, emulated where there is none
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: process.env.EVENKEEL_CHROMIUM, args: CHROMIUM_ARGUMENTS },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      'examples/lab/vitest.config.ts',
      'vitest.pages.config.ts',
      'testing/bundlers/vitest.config.ts',
    ],
  },
});
