import { defineConfig } from 'vitest/config';

/** Tests and their imports resolve to the packages' sources: no build before a test. */
const conditions = ['@evenkeel/source', 'module', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    globalSetup: ['packages/wasm-kernels/scripts/compile.mjs', 'packages/trainer/scripts/compile-page.mjs'],
    // Which backends `describeOnBackends` runs on: `BACKENDS=cpu npm test`.
    provide: { backends: (process.env.BACKENDS ?? 'cpu,wasm').split(',') },
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'testing/src/**/*.test.ts',
      'benchmarks/**/*.test.ts',
    ],
    // tfjs advises tfjs-node, whose install fails on recent Node versions.
    onConsoleLog: (log) => !log.includes('running TensorFlow.js in Node.js'),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
