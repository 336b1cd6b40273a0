// The algebra: what a transform is and how transforms combine.

export { chain } from './chain.js';
export { masked } from './masked.js';
export { partition } from './partition.js';
export { perParam, type Slots, stateless } from './per-param.js';
export { both, isMatrix, named, not } from './select.js';
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

// Transforms.

export { type AdamOptions, scaleByAdam } from './adam.js';
export { type ClipOptions, clipByGlobalNorm } from './clip-by-global-norm.js';
export { clipByParamNorm } from './clip-by-param-norm.js';
export { scaleByLearningRate } from './learning-rate.js';
export { type MomentumOptions, momentum } from './momentum.js';
export { setToZero } from './set-to-zero.js';
export { addDecayedWeights } from './weight-decay.js';

// Recipes.

export { AdamW, type AdamWOptions, adamW } from './adamw.js';
export { type SgdOptions, sgd } from './sgd.js';

// Learning-rate schedules.

export { constant } from './schedules/constant.js';
export type { DecayOptions } from './schedules/decay.js';
export { type InverseSqrtOptions, inverseSqrt } from './schedules/inverse-sqrt.js';
export { linear } from './schedules/linear.js';
export {
  type PlateauOptions,
  type PlateauSchedule,
  type PlateauState,
  plateau,
} from './schedules/plateau.js';
export type { Schedule } from './schedules/schedule.js';
export {
  type StaircaseInverseSqrtOptions,
  staircaseInverseSqrt,
} from './schedules/staircase-inverse-sqrt.js';
export type { WarmupOptions } from './schedules/warmup.js';
export { warmupCosine } from './schedules/warmup-cosine.js';

// Transforms as tf.Optimizer.

export { TransformOptimizer } from './optimizer.js';
export { type OptimizerClass, optimizerClass } from './optimizer-class.js';
export { type AverageOptions, WithAverage, withAverage } from './with-average.js';
export { WithTransform, withTransform } from './with-transform.js';
export { type WithTransformClass, withTransformClass } from './with-transform-class.js';

// For authors of transforms and recipes.

export { checkNumber, type NumberRange } from './check-number.js';
export { checkedSchedule } from './checked-schedule.js';
export { clipFactor } from './clip-factor.js';
export { countOf, heldCount, heldTensor } from './held.js';
export { globalNorm, type NormOrder } from './norm.js';
export { withoutStep } from './steps-made.js';
