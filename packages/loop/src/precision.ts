import { FLOAT_FORMATS, type FloatFormat } from '@evenkeel/safetensors';
import {
  type BackendValues,
  getBackend,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

/** What a forward pass computes in: float32, bfloat16, or 8 bits with 4 or 5 of exponent. */
export type Precision = 'float32' | FloatFormat;

/** Matrix products, tfjs's and ours, and convolutions. */
const PRODUCTS = [
  'BatchMatMul',
  '_FusedMatMul',
  'Conv2D',
  'FusedConv2D',
  'EvenkeelLinear',
  'EvenkeelCausalAttention',
];

/**
 * Emulates a forward pass in low precision: what enters a matrix product or a convolution is rounded first, weights and
 * activations alike, to nearest, ties to even; what is too large becomes the largest number. Sums stay float32, as in
 * tensor cores. The backward pass sees the numbers as they were (straight-through).
 *
 * It replaces the kernels of the current backend until `dispose`, and rounds on the host: a study, not a speed-up.
 */
export class PrecisionEmulation {
  private isActive = false;
  private readonly replaced: KernelConfig[] = [];

  /** @throws If the format is unknown, or the backend keeps its numbers where the host cannot see them. */
  constructor(precision: Precision) {
    if (precision === 'float32') return;
    if (!Object.hasOwn(FLOAT_FORMATS, precision)) {
      throw new Error(
        `train: precision is '${String(precision)}', expected 'float32', 'bf16', 'e4m3' or 'e5m2'.`,
      );
    }
    const backend = getBackend();
    if (backend !== 'cpu' && backend !== 'wasm') {
      throw new Error(
        `train: precision '${precision}' came on backend '${backend}', expected cpu or wasm, where it is emulated.`,
      );
    }
    for (const name of PRODUCTS) {
      const kernel = getKernel(name, backend);
      if (!kernel) continue;
      unregisterKernel(name, backend);
      registerKernel({ ...kernel, kernelFunc: this.rounded(kernel.kernelFunc, precision) });
      this.replaced.push(kernel);
    }
  }

  /** Runs a forward pass in it. */
  run<T>(forward: () => T): T {
    const before = this.isActive;
    this.isActive = true;
    try {
      return forward();
    } finally {
      this.isActive = before;
    }
  }

  /** Puts the kernels back. */
  dispose(): void {
    for (const kernel of this.replaced.splice(0)) {
      unregisterKernel(kernel.kernelName, kernel.backendName);
      registerKernel(kernel);
    }
  }

  private rounded(original: KernelFunc, format: FloatFormat): KernelFunc {
    return (args) => {
      if (!this.isActive) return original(args);
      const backend = args.backend as {
        readSync(dataId: object): BackendValues;
        write(values: BackendValues, shape: number[], dtype: string): object;
        disposeData(dataId: object): unknown;
      };
      const made: object[] = [];
      const round = (input: TensorInfo): TensorInfo => {
        if (input.dtype !== 'float32') return input;
        const values = roundTo(format, backend.readSync(input.dataId) as Float32Array);
        const dataId = backend.write(values, input.shape, 'float32');
        made.push(dataId);
        return { ...input, shape: input.shape, dtype: input.dtype, dataId };
      };
      const inputs = Object.fromEntries(
        Object.entries(args.inputs).map(([name, input]) => [
          name,
          (input && name !== 'bias' ? round(input as TensorInfo) : input) as TensorInfo,
        ]),
      );
      try {
        return original({ ...args, inputs });
      } finally {
        for (const dataId of made) backend.disposeData(dataId);
      }
    };
  }
}

/** Rounds numbers to a format: to nearest, ties to even, and at most its largest. */
export function roundTo(format: FloatFormat, values: Float32Array): Float32Array {
  const { mantissaBits, minExponent, max } = FLOAT_FORMATS[format];
  return values.map((x) => {
    const size = Math.abs(x);
    if (!(size > 0)) return x; // zeros and NaN
    if (size >= max) return Math.sign(x) * max;
    const exponent = Math.max(minExponent, exponentOf(size));
    const unit = 2 ** (exponent - mantissaBits);
    return Math.sign(x) * Math.min(max, toEven(size / unit) * unit);
  });
}

const exponentOf = (size: number): number => {
  const guess = Math.floor(Math.log2(size));
  return 2 ** guess > size ? guess - 1 : 2 ** (guess + 1) <= size ? guess + 1 : guess;
};

function toEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
