import { Worker } from 'node:worker_threads';
import { causalAttention, linear } from '@evenkeel/ops';
import { expectClose } from '@evenkeel/testing';
import { type Product, replaceProducts, uninstallWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blas, describeWithBlas } from '../test/available.js';
import { installBlas, uninstallBlas } from './index.js';
import { blasProducts } from './products.js';

/** Numbers from −4 to 4, whose products and sums float32 holds exactly. */
function wholeNumbers(shape: number[], seed = 1): tf.Tensor {
  let state = seed >>> 0;
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) % 9) - 4;
  });
  return tf.tensor(values, shape);
}

/** The values of `f` on the cpu backend. */
async function onCpu(f: () => tf.Tensor | tf.Tensor[]): Promise<ArrayLike<number>[]> {
  await tf.setBackend('cpu');
  const values = tf.tidy(() => [f()].flat().map((x) => x.dataSync()));
  await tf.setBackend('wasm');
  return values;
}

/** What a thread begins with: tsx does not reach into threads by itself. */
const THREAD = `
  import('tsx/esm/api').then(({ register }) => {
    register();
    return import(require('node:worker_threads').workerData.script);
  });
`;

let before: number;
beforeEach(async () => {
  await tf.setBackend('wasm');
  before = tf.memory().numTensors;
});
afterEach(() => {
  uninstallBlas();
  uninstallWasmKernels();
  delete process.env.EVENKEEL_BLAS;
  expect(tf.memory().numTensors).toBe(before);
});

describeWithBlas('installBlas', () => {
  it('says what it took, and installs once', async () => {
    const [first, second] = await Promise.all([installBlas(), installBlas()]);
    expect(first).toMatchObject({
      installed: true,
      name: blas!.name,
      version: blas!.version,
      kernel: blas!.kernel,
    });
    expect(first.file).toBe(blas!.file);
    expect(second).toBe(first);
    expect(await installBlas()).toBe(first);
  });

  it('multiplies by it until it is uninstalled', async () => {
    const product = () =>
      tf.tidy(() =>
        tf
          .matMul(
            tf.randomNormal([300, 300], 0, 1, 'float32', 1),
            tf.randomNormal([300, 300], 0, 1, 'float32', 2),
          )
          .dataSync(),
      );
    await installBlas();
    const its = product();
    uninstallBlas();
    const ours = product();
    expectClose(its, ours, 1e-4);
    expect(its, 'the last digits of two libraries').not.toEqual(ours);
    const { uninstall } = await installBlas();
    expect(product()).toEqual(its);
    uninstall();
    uninstall();
    expect(product()).toEqual(ours);
  });

  it('sets the number of threads, and gives it back', async () => {
    const { threads } = blas!;
    const machine = threads!.get();
    for (const count of [1, 2]) {
      expect(await installBlas({ threads: count })).toMatchObject({ installed: true, threads: count });
      expect(threads!.get()).toBe(count);
      uninstallBlas();
      expect(threads!.get()).toBe(machine);
    }
  });

  it.each([0, 1.5, -1, Number.NaN])('refuses %d threads', async (threads) => {
    await expect(installBlas({ threads })).rejects.toThrow(`threads is ${threads}, expected a whole number`);
  });

  it('equals float64 for any sizes, transpositions and batches', async () => {
    await installBlas();
    const size = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 16, 17, 33, 65, 130);
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        size,
        fc.constantFrom([], [1], [3]),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        async (m, n, k, batch, transposeA, transposeB, seed) => {
          const f = () => {
            const a = wholeNumbers([...batch, ...(transposeA ? [k, m] : [m, k])], seed);
            const b = wholeNumbers(transposeB ? [n, k] : [k, n], seed + 1);
            return tf.matMul(a, b, transposeA, transposeB);
          };
          const [expected] = await onCpu(f);
          tf.tidy(() => expectClose(f(), expected, 0));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('has empty products, sums over nothing, NaN and infinity as the kernels have them', async () => {
    const products = () =>
      tf.tidy(() => {
        const poisoned = tf.concat([tf.fill([1, 200], Number.NaN), tf.zeros([99, 200])]);
        const infinite = tf.concat([tf.fill([1, 200], Infinity), tf.ones([99, 200])]);
        return [
          tf.matMul(tf.zeros([0, 200]), tf.zeros([200, 50])),
          tf.matMul(tf.zeros([100, 0]), tf.zeros([0, 50])),
          tf.matMul(poisoned, tf.zeros([200, 50])),
          tf.matMul(infinite, tf.ones([200, 50])),
          tf.matMul(tf.ones([1, 100]), poisoned),
        ].map((x) => Array.from(x.dataSync()));
      });
    await installBlas();
    const its = products();
    uninstallBlas();
    expect(its).toEqual(products());
    expect(its[1]).toEqual(new Array(5000).fill(0));
    expect(its[2].slice(0, 51)).toEqual([...new Array(50).fill(Number.NaN), 0]);
  });

  it('finds the memory again after it has grown', async () => {
    await installBlas();
    const memory = () =>
      (tf.engine().backend as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm.asm.memory;
    const eye = tf.eye(200);
    const a = wholeNumbers([200, 200]);
    const ballast: tf.Tensor[] = [];
    for (let growths = 0; growths < 3; ) {
      const { buffer } = memory();
      expectClose(
        tf.tidy(() => tf.matMul(a, eye).dataSync()),
        a.dataSync(),
        0,
      );
      while (memory().buffer === buffer) ballast.push(tf.zeros([1 << 20]));
      growths++;
      expectClose(
        tf.tidy(() => tf.matMul(eye, a, true).dataSync()),
        a.dataSync(),
        0,
      );
    }
    tf.dispose([...ballast, a, eye]);
  });

  it('follows backends that take turns, and one that is started again', async () => {
    await installBlas();
    const product = () =>
      tf.tidy(() => tf.matMul(wholeNumbers([90, 70], 1), wholeNumbers([70, 50], 2)).dataSync());
    const [expected] = await onCpu(() => tf.matMul(wholeNumbers([90, 70], 1), wholeNumbers([70, 50], 2)));
    for (const backend of ['wasm', 'cpu', 'wasm', 'cpu']) {
      await tf.setBackend(backend);
      expectClose(product(), expected, 0);
    }
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory, 2);
    await tf.setBackend('wasm');
    expectClose(product(), expected, 0);
  });

  it('works in several worker threads at once, each product on one thread', async () => {
    await installBlas();
    const answers = await Promise.all(
      [100, 130, 160].map(
        (side) =>
          new Promise((resolve, reject) => {
            const worker = new Worker(THREAD, {
              eval: true,
              workerData: { side, times: 30, script: new URL('../test/worker.ts', import.meta.url).href },
              execArgv: ['--conditions=@evenkeel/source'],
            });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ installed: true, threads: 1, wrong: 0, exact: true });
  });
});

describeWithBlas('the products that a BLAS computes', () => {
  const image = () => wholeNumbers([2, 9, 9, 8]);
  const filter = () => wholeNumbers([3, 3, 8, 16], 2);
  const heads = (seed: number) => tf.mul<tf.Tensor4D>(0.1, wholeNumbers([2, 2, 48, 32], seed) as tf.Tensor4D);

  it.each<[string, () => tf.Tensor | tf.Tensor[]]>([
    ['tf.matMul', () => tf.matMul(wholeNumbers([60, 40]), wholeNumbers([50, 40], 2), false, true)],
    [
      'tf.fused.matMul',
      () =>
        tf.fused.matMul({
          a: wholeNumbers([60, 40]),
          b: wholeNumbers([40, 50], 2),
          bias: wholeNumbers([50], 3),
          activation: 'relu',
        }),
    ],
    ['tf.einsum', () => tf.einsum('bij,bkj->bik', wholeNumbers([3, 30, 40]), wholeNumbers([3, 50, 40], 2))],
    ['linear', () => linear(wholeNumbers([2, 30, 40]), wholeNumbers([50, 40], 2), wholeNumbers([50], 3))],
    [
      'its gradient',
      () =>
        tf.grads((x, w, b) => linear(x, w, b))([
          wholeNumbers([2, 30, 40]),
          wholeNumbers([50, 40], 2),
          wholeNumbers([50], 3),
        ]),
    ],
    [
      'the gradient of a convolution',
      () => tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))([image(), filter()]),
    ],
    ['attention', () => causalAttention(heads(1), heads(2), heads(3))],
    ['its gradient', () => tf.grads((q, k, v) => causalAttention(q, k, v))([heads(1), heads(2), heads(3)])],
    [
      'a dense layer',
      () =>
        tf.grad((x) => tf.layers.dense({ units: 30, kernelInitializer: 'ones' }).apply(x) as tf.Tensor)(
          wholeNumbers([40, 50]),
        ),
    ],
  ])('include %s', async (_, f) => {
    const asked: Product[] = [];
    const multiply = blasProducts(blas!);
    const expected = await onCpu(f);
    await installBlas();
    const undo = replaceProducts((memory, product) => {
      asked.push(product);
      return multiply(memory, product);
    });
    tf.disposeVariables();
    const outputs = tf.tidy(() => [f()].flat().map((x) => x.dataSync()));
    undo();
    tf.disposeVariables();
    expect(asked.length).toBeGreaterThan(0);
    for (const [i, output] of outputs.entries()) expectClose(output, expected[i], 1e-4);
  });

  it('include symmetric ones, from both triangles', async () => {
    await installBlas();
    for (const transposeA of [false, true]) {
      const outputs = tf.tidy(() => {
        const a = wholeNumbers([2, 70, 90]);
        const run = (b: tf.Tensor) =>
          tf
            .engine()
            .runKernel(
              'EvenkeelSymmetricProduct',
              { a, b },
              { transposeA, transposeB: !transposeA },
            ) as tf.Tensor;
        const copy = wholeNumbers([2, 70, 90]);
        return [run(a), run(copy), tf.matMul(a, a, transposeA, !transposeA)].map((x) => x.dataSync());
      });
      expect(outputs[0]).toEqual(outputs[2]);
      expect(outputs[1]).toEqual(outputs[2]);
    }
  });
});

describe('installBlas without a BLAS that can be used', () => {
  it.each([
    ['/nowhere/libblas.so', /^EVENKEEL_BLAS is '\/nowhere\/libblas.so', which cannot be loaded\. /],
    [new URL(import.meta.url).pathname, /^EVENKEEL_BLAS is '.+install.test.ts', which cannot be loaded\. /],
  ])('says so of %s, and leaves the products to the kernels', async (path, reason) => {
    process.env.EVENKEEL_BLAS = path;
    const report = await installBlas();
    expect(report).toMatchObject({ installed: false, refused: [] });
    expect(report.reason).toMatch(reason);
    expectClose(
      tf.tidy(() => tf.matMul(wholeNumbers([50, 50]), tf.eye(50)).dataSync()),
      tf.tidy(() => wholeNumbers([50, 50]).dataSync()),
      0,
    );
  });

  it.runIf(process.platform === 'linux')('names a library that is none', async () => {
    process.env.EVENKEEL_BLAS = 'libm.so.6';
    const report = await installBlas();
    expect(report.refused).toEqual([
      { file: 'libm.so.6', reason: "Cannot find function 'cblas_sgemm' in shared library" },
    ]);
    expect(report.reason).toMatch(
      "No BLAS can be used. libm.so.6: Cannot find function 'cblas_sgemm' in shared library. Install OpenBLAS",
    );
  });

  it('looks again when it is called again', async () => {
    process.env.EVENKEEL_BLAS = '/nowhere';
    expect((await installBlas()).installed).toBe(false);
    delete process.env.EVENKEEL_BLAS;
    expect((await installBlas()).installed).toBe(blas !== undefined);
  });

  it('says what to do when the wasm backend does not run', async () => {
    const { registry } = tf.engine();
    const { wasm } = registry;
    delete registry.wasm;
    await expect(installBlas()).rejects.toThrow("call await tf.setBackend('wasm') first");
    registry.wasm = wasm;
  });
});
