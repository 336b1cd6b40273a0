import { type Tensor, util } from '@tensorflow/tfjs-core';

/** @throws If `x` has no axis, or a named vector has not one number per entry of its last axis. */
export function requirePerFeature(
  op: string,
  x: Tensor,
  vectors: Readonly<Record<string, Tensor | undefined>>,
): void {
  util.assert(
    x.rank >= 1,
    () => `${op}: x has shape [], expected [..., features]. Reshape a single number to [1].`,
  );
  const features = x.shape[x.rank - 1];
  for (const [name, vector] of Object.entries(vectors)) {
    util.assert(
      vector === undefined || (vector.rank === 1 && vector.shape[0] === features),
      () =>
        `${op}: ${name} has shape [${vector!.shape}] and x [${x.shape}], expected [${features}]. ` +
        `Pass one number per entry of the last axis.`,
    );
  }
}
