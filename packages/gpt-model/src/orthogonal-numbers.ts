import { normalNumbers, type Random } from './random.js';

/**
 * A random matrix whose rows, or columns if there are fewer, are at right angles and of equal length, scaled
 * so that it keeps the root mean square of what it multiplies.
 *
 *     W Wᵀ = (out/in) I   if out ≤ in          Wᵀ W = (out/in) I   otherwise
 *
 * Gram–Schmidt on normal numbers, in float64.
 *
 * @returns Row-major, shape `[out, in]`.
 */
export function orthogonalNumbers(out: number, input: number, random: Random): Float32Array {
  const [few, many] = out <= input ? [out, input] : [input, out];
  const vectors: Float64Array[] = [];
  for (let i = 0; i < few; i++) {
    const vector = Float64Array.from(normalNumbers(many, 1, random));
    for (const earlier of vectors) {
      const shared = dot(vector, earlier);
      for (let j = 0; j < many; j++) vector[j] -= shared * earlier[j];
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let j = 0; j < many; j++) vector[j] /= length;
    vectors.push(vector);
  }
  const scale = Math.sqrt(out / input);
  return Float32Array.from({ length: out * input }, (_, n) => {
    const [row, column] = [Math.floor(n / input), n % input];
    return scale * (out <= input ? vectors[row][column] : vectors[column][row]);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
