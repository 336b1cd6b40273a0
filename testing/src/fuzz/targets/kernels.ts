import { installWasmKernels } from '@evenkeel/wasm-kernels';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import fc from 'fast-check';
import { type Files, jsonOf, target, textOf } from '../target.js';
import { Choices, OPERATIONS, type Operation } from './kernel-cases.js';

/** A random operation, in a file so that it can be kept. */
interface Case {
  readonly operation: string;
  readonly sizes: readonly number[];
  readonly picks: readonly number[];
  readonly seed: number;
  /** Of the sum of squares, with respect to each input of floats. */
  readonly gradient: boolean;
}

/** Around the blocks of the kernels: empty, single, just below, at and above. */
const size = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33);
const cases: fc.Arbitrary<Case> = fc.record({
  operation: fc.constantFrom(...Object.keys(OPERATIONS)),
  sizes: fc.array(size, { minLength: 4, maxLength: 4 }),
  picks: fc.array(fc.noBias(fc.nat(719)), { minLength: 16, maxLength: 16 }),
  seed: fc.nat(),
  gradient: fc.boolean(),
});

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}
type Computed = { readonly made: Case; readonly expected: readonly Result[] };

await tf.setBackend('wasm');
await installWasmKernels();

/** Every operation, forward and backward, by wasm with our kernels as by tfjs's cpu backend, which is the reference. */
export const kernels = target<Computed>({
  inputs: cases.map((made): Files => ({ 'case.json': jsonOf(made) })),
  refusal: /^kernels: tfjs refuses: /,
  async read(files) {
    const made: Case = JSON.parse(textOf(files['case.json']));
    await tf.setBackend('cpu');
    try {
      return { made, expected: resultsOf(made) };
    } catch (cause) {
      throw new Error(`kernels: tfjs refuses: ${(cause as Error).message}`, { cause });
    }
  },
  async use({ made, expected }) {
    await tf.setBackend('wasm');
    for (const [i, result] of resultsOf(made).entries()) compare(result, expected[i]);
  },
});

function resultsOf({ operation, sizes, picks, seed, gradient }: Case): Result[] {
  const { compute, hasGradient = true, ...inputs } = OPERATIONS[operation](new Choices(sizes, picks));
  const list: Result[] = [];
  tf.tidy(() => {
    const tensors = inputs.shapes.map((shape, i) => inputOf(shape, inputs, i, seed));
    const floats = tensors.filter(({ dtype }) => dtype === 'float32');
    const loss = (...changed: tf.Tensor[]) =>
      tf.sum(
        tf.square(
          tf.cast(
            compute(...tensors.map((x) => (x.dtype === 'float32' ? changed[floats.indexOf(x)] : x))),
            'float32',
          ),
        ),
      );
    // A gradient that tfjs cannot compute, as over nothing, leaves its tape behind.
    const isSmooth =
      gradient &&
      hasGradient &&
      floats.length > 0 &&
      floats.every(({ size }) => size > 0) &&
      compute(...tensors).dtype === 'float32';
    const results = isSmooth ? tf.grads(loss)(floats) : [compute(...tensors)];
    for (const x of results) list.push({ shape: x.shape, dtype: x.dtype, values: [...x.dataSync()] });
  });
  return list;
}

/** How far sums may differ that are rounded in another order, as a share of the largest value. */
const TOLERANCE = 1e-4;

function compare(actual: Result, expected: Result): void {
  const about = (result: Result) => `${result.dtype} [${result.shape}]`;
  if (about(actual) !== about(expected))
    throw new Error(`compare: ${about(actual)}, on cpu ${about(expected)}.`);
  if (tf.util.sizeFromShape([...expected.shape]) === 0) return; // where cpu has values all the same
  const largest = expected.values.reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    1,
  );
  const wrong = expected.values.findIndex((value, i) => {
    const other = actual.values[i];
    return !Object.is(value, other) && !(Math.abs(value - other) <= TOLERANCE * largest);
  });
  if (wrong < 0) return;
  throw new Error(`compare: entry ${wrong} is ${actual.values[wrong]}, on cpu ${expected.values[wrong]}.`);
}

function inputOf(
  shape: number[],
  { dtypes, end = 5 }: Omit<Operation, 'compute'>,
  i: number,
  seed: number,
): tf.Tensor {
  const dtype = dtypes?.[i] ?? 'float32';
  let state = (seed + i) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    if (dtype === 'float32') return Math.round(32 * (4 * random() - 2)) / 32;
    return Math.floor(random() * (dtype === 'bool' ? 2 : end));
  });
  return tf.tensor(values, shape, dtype);
}
