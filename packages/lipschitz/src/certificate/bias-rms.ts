import { matrixValues, type WeightLike } from '../matrix-values.js';

/**
 * The RMS of a bias, by how much it can raise the RMS of what it is added to; 0 without one.
 *
 * @param out How many values it has to have.
 * @param name For error messages.
 */
export function biasRms(bias: WeightLike | undefined, out: number, name: string): number {
  if (!bias) return 0;
  const { data } = matrixValues(bias, 'lipschitzCertificate', name);
  if (data.length === out) {
    let sum = 0;
    for (let i = 0; i < out; i++) sum += data[i] ** 2;
    return Math.sqrt(sum / Math.max(out, 1));
  }
  throw new Error(
    `lipschitzCertificate: ${name} has ${data.length} values, expected ${out}. Pass the bias of that layer.`,
  );
}
