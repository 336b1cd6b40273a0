import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Sees the activations of a forward pass by name: `embed`, per block `blocks.0.attention.q`, `.k`, `.v`, `.heads` (what
 * they read), `blocks.0.attention`, `blocks.0.mlp.hidden` (after the nonlinearity; of a mixture
 * `.mlp.experts.0.hidden`), `blocks.0.mlp` and `blocks.0`, last `logits`. They are freed after the pass: read what
 * you need there, or `tf.keep` it.
 */
export type Observe = (name: string, activation: Tensor) => void;
