import { GrokAdamW } from '@evenkeel/grokadamw';
import { modulaMuon, spectralSoftCap } from '@evenkeel/lipschitz';
import { adamW, isMatrix, masked, partition, TransformOptimizer, withTransform } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import * as tf from '@tensorflow/tfjs';

/** The project as it was. */
const before = () => tf.train.adam(0.01, 0.9, 0.99, 1e-25);

/** One line: ⊥Grad in front of the optimizer that was there. */
const withOrthograd = () =>
  withTransform(tf.train.adam(0.01, 0.9, 0.99, 1e-25), masked(orthograd(), isMatrix));

/** One line: another optimizer. */
const withGrokAdamW = () => new GrokAdamW({ learningRate: 0.01, beta2: 0.99, epsilon: 1e-25 });

/** One expression: Muon for the matrices, AdamW for biases, and a cap that holds after every step. */
const withMuonAndCap = () =>
  new TransformOptimizer(
    partition({ muon: modulaMuon({ learningRate: 0.1, layout: 'inOut' }), adam: adamW() }, (param) =>
      isMatrix(param) ? 'muon' : 'adam',
    ),
    spectralSoftCap({ maxNorm: 3, layout: 'inOut' }),
  );

/** By the names they have on the command line. */
export const VARIANTS = {
  before,
  orthograd: withOrthograd,
  grokadamw: withGrokAdamW,
  'muon+cap': withMuonAndCap,
} as const satisfies Record<string, () => tf.Optimizer>;

export type VariantName = keyof typeof VARIANTS;
