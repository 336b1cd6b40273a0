import { AdamW, adamW, chain, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { sparseSoftmaxCrossEntropy, sparseStablemaxCrossEntropy } from '@evenkeel/stablemax';
import type * as tf from '@tensorflow/tfjs';
import type { Setting } from './settings.js';

/** What a recipe decides: the loss, and how to step. */
export interface Recipe {
  loss(labels: tf.Tensor, logits: tf.Tensor): tf.Scalar;
  optimizer: tf.Optimizer;
}

/** The baseline: softmax and AdamW. It fits its data, and then learns nothing more. */
function adamwRecipe(setting: Setting): Recipe {
  return { loss: sparseSoftmaxCrossEntropy, optimizer: new AdamW(adam(setting)) };
}

/** Softmax, and a step that may change predictions but not the size of the weights. */
function orthogradRecipe(setting: Setting): Recipe {
  return {
    loss: sparseSoftmaxCrossEntropy,
    optimizer: new TransformOptimizer(chain(orthograd(), adamW(adam(setting)))),
  };
}

/** A loss whose gradient does not vanish once the data are fitted. */
function stablemaxRecipe(setting: Setting): Recipe {
  return { loss: sparseStablemaxCrossEntropy, optimizer: new AdamW(adam(setting)) };
}

/** Both. */
function stablemaxOrthogradRecipe(setting: Setting): Recipe {
  return {
    loss: sparseStablemaxCrossEntropy,
    optimizer: new TransformOptimizer(chain(orthograd(), adamW(adam(setting)))),
  };
}

/** Recipes by the name they have on the command line. */
export const RECIPES = {
  adamw: adamwRecipe,
  orthograd: orthogradRecipe,
  stablemax: stablemaxRecipe,
  'stablemax+orthograd': stablemaxOrthogradRecipe,
} as const satisfies Record<string, (setting: Setting) => Recipe>;

export type RecipeName = keyof typeof RECIPES;

/** No weight decay: nothing but the recipe decides whether the run generalises. */
const adam = ({ learningRate, beta2, epsilon }: Setting) => ({
  learningRate,
  beta2,
  epsilon,
  weightDecay: 0,
});
