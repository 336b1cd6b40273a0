import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    backends: string[];
  }
}

/**
 * Runs a suite once per backend and fails any test that leaks a tensor.
 *
 * The backends come from the vitest config: cpu and wasm in Node, webgl and webgpu in Chromium; `BACKENDS=cpu npm test`
 * picks some, and `npm run test:webgpu` runs tests of whole models on webgpu in Node. Each test runs in a scope; variables are disposed after it.
 */
export function describeOnBackends(name: string, suite: (backend: string) => void): void {
  describe.each(inject('backends'))(`${name} on %s`, (backend) => onBackend(backend, suite));
}

/** {@link describeOnBackends}, and on wasm once more with `@evenkeel/wasm-kernels` installed. */
export function describeOnBackendsAndKernels(name: string, suite: (backend: string) => void): void {
  describeOnBackends(name, suite);
  describe.runIf(inject('backends').includes('wasm'))(`${name} on wasm with kernels`, () => {
    let uninstall: () => void;
    beforeAll(async () => {
      await import('@tensorflow/tfjs-backend-wasm');
      await tf.setBackend('wasm');
      const { installWasmKernels } = await import('@evenkeel/wasm-kernels');
      ({ uninstall } = await installWasmKernels());
    });
    onBackend('wasm', suite);
    afterAll(() => uninstall());
  });
}

/** A page has it; Node has it by npm's `webgpu`, started once for all suites of a file. */
async function provideWebgpu(): Promise<void> {
  if ('document' in globalThis) await import('@tensorflow/tfjs-backend-webgpu');
  else if (!tf.findBackend('webgpu')) await (await import('@evenkeel/backends')).startBackend('webgpu');
}

function onBackend(backend: string, suite: (backend: string) => void): void {
  let before: number;
  beforeAll(async () => {
    if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
    if (backend === 'webgpu') await provideWebgpu();
    if (!(await tf.setBackend(backend))) {
      throw new Error(`describeOnBackends: backend '${backend}' did not start, expected one that runs here.`);
    }
    await tf.ready();
  });
  beforeEach(() => {
    before = tf.memory().numTensors;
    tf.engine().startScope();
  });
  afterEach(() => {
    tf.engine().endScope();
    tf.disposeVariables();
    expect(tf.memory().numTensors, 'tensors alive after the test, minus before').toBe(before);
  });
  suite(backend);
}
