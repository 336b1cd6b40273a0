import { type MatrixValues, matrixValues, type WeightLike } from '../matrix-values.js';
import { spectralNormBound } from '../spectral-norm-bound.js';

const CALLER = 'lipschitzCertificate';

/** A weight on the host, and its norm. */
export interface BoundedWeight {
  values: MatrixValues;
  out: number;
  in: number;
  /** σ₁ or above. */
  spectral: number;
  /** √(in/out) · spectral: how far it can raise the RMS of a vector. */
  rms: number;
}

/**
 * Reads a weight once, checks its shape and bounds its norms.
 *
 * @param name For error messages.
 * @param inSize How many values come in, if that is known.
 */
export function boundWeight(
  weight: WeightLike,
  name: string,
  inSize?: number,
  outSize?: number,
): BoundedWeight {
  const values = matrixValues(weight, CALLER, name);
  const [out, size] = values.shape;
  const fits = (inSize ?? size) === size && (outSize ?? out) === out;
  if (values.shape.length !== 2 || out === 0 || size === 0 || !fits) {
    throw new Error(
      `${CALLER}: ${name} has shape [${values.shape}], expected [out, in] = [${outSize ?? 'out'}, ${inSize ?? 'in'}]. ` +
        'Transpose it if it is stored the other way.',
    );
  }
  const spectral = spectralNormBound(values) as number;
  return { values, out, in: size, spectral, rms: Math.sqrt(size / out) * spectral };
}

/** Bounds on the spectral norm of each head's rows. */
export function headNorms({ values, out }: BoundedWeight, heads: number, name: string): number[] {
  if (out % heads !== 0) {
    throw new Error(
      `${CALLER}: ${name} has ${out} rows and the model ${heads} heads, expected a multiple of heads. ` +
        "Pass the model's number of heads.",
    );
  }
  return spectralNormBound(values, { heads });
}

/** The largest RMS of a column: of a token's embedding. */
export function largestColumnRms({ data, shape: [rows, columns] }: MatrixValues): number {
  const squares = new Float64Array(columns);
  for (let i = 0; i < rows * columns; i++) squares[i % columns] += data[i] ** 2;
  return (
    Math.sqrt(squares.reduce((max, square) => Math.max(max, square), 0) / rows) * (1 + rows * Number.EPSILON)
  );
}

/** √Σ xᵢ² */
export const lengthOf = (values: readonly number[]): number => Math.hypot(...values);
