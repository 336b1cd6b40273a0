import { checkOptions } from '@evenkeel/ops';
import type { FloatFormat } from '@evenkeel/safetensors';
import {
  abs,
  cast,
  isNaN as isNaNOp,
  lessEqual,
  matMul,
  max,
  mul,
  reshape,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import { formatLimits, roundToFormat } from '../formats/round-to-format.js';
import { readNow, TAKE_WASM } from '../read-now.js';

/**
 * Shows an activation to the monitor and returns it as it is.
 *
 * With a weight `[out, in]`, that of the linear layer which the activation goes into, their product is watched too.
 */
export type Tap = <T extends Tensor>(name: string, activation: T, weight?: Tensor) => T;

/** A share between 0 and 1 per format; 1 where there is no entry to lose. */
export type Shares = Partial<Record<FloatFormat, number>>;

/** What was seen under one name, over all calls. */
export interface ActivationStatistics {
  name: string;
  entries: number;
  /** The largest absolute entry; Infinity if one was NaN. */
  largest: number;
  /** The share of entries that a format holds to its precision: neither too large nor too small for it. */
  entriesSurviving: Shares;
  /** The share of entries of the product with the weight that keep the format's precision. */
  productsSurviving?: Shares;
}

export interface ActivationReport {
  /** The largest absolute entry of all activations. */
  largest: number;
  activations: ActivationStatistics[];
}

export interface ActivationMonitorOptions {
  /** Default: all three. */
  formats?: readonly FloatFormat[];
}

interface Counts {
  entries: number;
  largest: number;
  surviving: number[];
  products: number;
  productsSurviving: number[];
}

/**
 * Reports how large a model's activations get, and how many would survive in fp8 or bf16.
 *
 *     entry x survives if          |round(x) − x| ≤ u |x|                       u = 2^−(mantissa bits + 1)
 *     product x·w survives if      |round(x)·round(w) − x·w| ≤ (2u + u²) Σ|xᵢwᵢ|
 *
 * These are the errors that rounding causes anyway; what exceeds them was too large (NaN, infinite) or too small
 * (subnormal or 0) for the format. No scaling factors: whether a model can do without them is the question. Call it on
 * a model whose forward pass offers its activations to a tap. Every tap reads from the backend, so it is slow.
 *
 * @param run Runs the model, once or on several batches, and passes its activations to `tap`; tensors that it makes
 *     are disposed, its return value too.
 * @throws If a weight does not fit its activation, a format is unknown, or nothing was tapped.
 */
export function activationMonitor(
  run: (tap: Tap) => unknown,
  options: ActivationMonitorOptions = {},
): ActivationReport {
  checkOptions('activationMonitor', options, OPTIONS);
  const { formats = ['e4m3', 'e5m2', 'bf16'] } = options;
  for (const format of formats) formatLimits('activationMonitor', format);
  const seen = new Map<string, Counts>();
  tidy(() => {
    run((name, activation, weight) => {
      const zeros = () => formats.map(() => 0);
      const counts = seen.get(name) ?? {
        entries: 0,
        largest: 0,
        surviving: zeros(),
        products: 0,
        productsSurviving: zeros(),
      };
      seen.set(name, counts);
      countEntries(counts, activation, formats);
      if (weight) countProducts(counts, name, activation, weight, formats);
      return activation;
    });
  });
  if (seen.size === 0) {
    throw new Error(
      'activationMonitor: no activation was tapped, expected at least one. Call tap(name, activation) in the forward pass.',
    );
  }
  const shares = (counts: number[], all: number) =>
    Object.fromEntries(formats.map((format, i) => [format, all === 0 ? 1 : counts[i] / all])) as Shares;
  const activations = [...seen].map(
    ([name, { entries, largest, surviving, products, productsSurviving }]) => ({
      name,
      entries,
      largest,
      entriesSurviving: shares(surviving, entries),
      ...(products > 0 && { productsSurviving: shares(productsSurviving, products) }),
    }),
  );
  return { largest: Math.max(...activations.map(({ largest }) => largest)), activations };
}

const OPTIONS: Record<keyof ActivationMonitorOptions, true> = { formats: true };

function countEntries(counts: Counts, x: Tensor, formats: readonly FloatFormat[]): void {
  if (x.size === 0) return;
  const counted = tidy(() => {
    const size = abs(x);
    const largest = max(where(isNaNOp(x), Infinity, size));
    const within = (format: FloatFormat) =>
      lessEqual(abs(sub(roundToFormat(x, format), x)), mul(size, unitRoundoff(format)));
    return stack([largest, ...formats.map((format) => sum(cast(within(format), 'float32')))]);
  });
  const [largest, ...surviving] = Array.from(readNow('activationMonitor', counted, TAKE_WASM));
  counts.entries += x.size;
  counts.largest = Math.max(counts.largest, largest);
  addTo(counts.surviving, surviving);
}

function countProducts(
  counts: Counts,
  name: string,
  activation: Tensor,
  weight: Tensor,
  formats: readonly FloatFormat[],
): void {
  const [out, width] = weight.shape;
  if (weight.rank !== 2 || activation.shape.at(-1) !== width) {
    throw new Error(
      `activationMonitor: '${name}' has shape [${activation.shape}] and its weight [${weight.shape}], ` +
        `expected [out, ${activation.shape.at(-1)}]. Transpose the weight if it is stored the other way.`,
    );
  }
  if (activation.size === 0) return;
  const counted = tidy(() => {
    const x = reshape(activation, [-1, width]);
    const product = (x: Tensor, w: Tensor) => matMul(x as Tensor2D, w as Tensor2D, false, true);
    const exact = product(x, weight);
    const scale = product(abs(x), abs(weight));
    return stack(
      formats.map((format) => {
        const found = product(roundToFormat(x, format), roundToFormat(weight, format));
        const u = unitRoundoff(format);
        // A little more than 2u + u², for the rounding of the float32 sums.
        const allowed = mul(scale, 2.001 * u + u * u);
        return sum(cast(lessEqual(abs(sub(found, exact)), allowed), 'float32'));
      }),
    );
  });
  const surviving = readNow('activationMonitor', counted, TAKE_WASM);
  counts.products += (activation.size / width) * out;
  addTo(counts.productsSurviving, surviving);
}

function addTo(totals: number[], counts: ArrayLike<number>): void {
  for (let i = 0; i < totals.length; i++) totals[i] += counts[i];
}

const unitRoundoff = (format: FloatFormat) =>
  2 ** -(formatLimits('activationMonitor', format).mantissaBits + 1);
