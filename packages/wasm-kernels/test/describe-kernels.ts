import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { installWasmKernels } from '../src/index.js';

/** Runs a suite with each of the two builds installed; fails any test that leaks a tensor. */
export function describeKernels(name: string, suite: () => void): void {
  describe.each([
    ['SIMD', false],
    ['relaxed SIMD', true],
  ])(`${name} (%s)`, (_, relaxedSimd) => {
    let uninstall: () => void;
    let before: number;
    beforeAll(async () => {
      await tf.setBackend('wasm');
      const report = await installWasmKernels({ relaxedSimd });
      expect(report).toMatchObject({ installed: true, simd: true, relaxedSimd });
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
