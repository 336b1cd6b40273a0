// The algebra: what a transform is and how transforms combine.

// Transforms.
export { type AdamOptions, scaleByAdam } from './adam.js';
// Recipes.
export { AdamW, type AdamWOptions, adamW } from './adamw.js';
export { chain } from './chain.js';
export { checkNumber, type NumberRange } from './check-number.js';
export { type ClipOptions, clipByGlobalNorm } from './clip-by-global-norm.js';
export { clipByParamNorm } from './clip-by-param-norm.js';
// For authors of recipes.
export { clipFactor } from './clip-factor.js';
export { countOf, heldCount, heldTensor } from './held.js';
export { scaleByLearningRate } from './learning-rate.js';
export { masked } from './masked.js';
export { type MomentumOptions, momentum } from './momentum.js';
export { globalNorm, type NormOrder } from './norm.js';
export { TransformOptimizer } from './optimizer.js';
// Transforms as tf.Optimizer.
export { type OptimizerClass, optimizerClass } from './optimizer-class.js';
export { partition } from './partition.js';
export { perParam, type Slots, stateless } from './per-param.js';
// Learning-rate schedules.
export { constant } from './schedules/constant.js';
export type { DecayOptions } from './schedules/decay.js';
export { type InverseSqrtOptions, inverseSqrt } from './schedules/inverse-sqrt.js';
export { linear } from './schedules/linear.js';
export type { Schedule } from './schedules/schedule.js';
export {
  type StaircaseInverseSqrtOptions,
  staircaseInverseSqrt,
} from './schedules/staircase-inverse-sqrt.js';
export type { WarmupOptions } from './schedules/warmup.js';
export { warmupCosine } from './schedules/warmup-cosine.js';
export { both, isMatrix, named, not } from './select.js';
export { type SgdOptions, sgd } from './sgd.js';
export type {
  ByName,
  Constraint,
  ConstraintStep,
  Select,
  State,
  Step,
  StepBound,
  Transform,
} from './transform.js';
export { addDecayedWeights } from './weight-decay.js';
export { WithTransform, withTransform } from './with-transform.js';
