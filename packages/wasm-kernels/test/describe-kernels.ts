import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { canRevectorize } from '../src/features.js';
import { installWasmKernels } from '../src/index.js';

/** The builds, and how they are compiled. Node 20's V8 cannot revectorize. */
const BUILDS = [
  ['SIMD', { relaxedSimd: false, revectorize: false }],
  ['relaxed SIMD', { relaxedSimd: true, revectorize: false }],
  ['256 bits', { relaxedSimd: true, revectorize: true }],
] as const;
const builds = BUILDS.filter(([, { revectorize }]) => !revectorize || canRevectorize());

/** Runs a suite with each of the builds installed; fails any test that leaks a tensor. */
export function describeKernels(name: string, suite: () => void): void {
  describe.each(builds)(`${name} (%s)`, (_, build) => {
    let uninstall: () => void;
    let before: number;
    beforeAll(async () => {
      await tf.setBackend('wasm');
      const report = await installWasmKernels(build);
      expect(report).toMatchObject({ installed: true, simd: true, ...build });
      uninstall = report.uninstall;
    });
    afterAll(() => uninstall());
    beforeEach(() => {
      before = tf.memory().numTensors;
      tf.engine().startScope();
    });
    afterEach(() => {
      tf.engine().endScope();
      tf.disposeVariables();
      expect(tf.memory().numTensors, 'tensors alive after the test, minus before').toBe(before);
    });
    suite();
  });
}
