import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

/** The tests of whole models (`*.models.test.ts`) once more, on webgl and webgpu in real Chromium: `npm run test:browser`. */
export default defineConfig({
  resolve: { conditions: ['@evenkeel/source', 'module', 'browser', 'import', 'default'] },
  define: { 'process.env': {} },
  test: {
    include: ['{packages,examples}/*/src/**/*.models.test.ts'],
    provide: { backends: (process.env.BACKENDS ?? 'webgl,webgpu').split(',') },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false, // one GPU, emulated where there is none
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: process.env.EVENKEEL_CHROMIUM,
          args: [
            '--no-sandbox',
            // Software rendering, so that the tests run on machines without a GPU.
            '--use-angle=swiftshader',
            '--enable-unsafe-swiftshader',
            '--enable-unsafe-webgpu',
            '--use-webgpu-adapter=swiftshader',
            '--enable-features=Vulkan',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
