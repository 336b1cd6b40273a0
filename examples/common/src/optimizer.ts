import type { MODEL_PRESETS } from '@evenkeel/gpt-model';
import {
  adamW,
  chain,
  clipByGlobalNorm,
  masked,
  named,
  not,
  TransformOptimizer,
  warmupCosine,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';

export interface FineTuning {
  steps: number;
  learningRate: number;
  weightDecay: number;
  orthograd: boolean;
}

/**
 * Gradients clipped to norm 1, ⊥Grad for all but biases and gains of norms, AdamW; steps that rise over a tenth of the run and fall
 * along a cosine.
 */
export function fineTuningOptimizer(
  { steps, learningRate, weightDecay, ...switches }: FineTuning,
  { orthogradSkips }: (typeof MODEL_PRESETS)[keyof typeof MODEL_PRESETS],
): TransformOptimizer {
  const schedule = warmupCosine({
    peak: learningRate,
    warmupSteps: Math.ceil(steps / 10),
    totalSteps: steps,
    floor: learningRate / 10,
  });
  const adam = adamW({ learningRate: schedule, weightDecay });
  const clip = clipByGlobalNorm(1);
  return new TransformOptimizer(
    switches.orthograd
      ? chain(clip, masked(orthograd(), not(named(orthogradSkips))), adam)
      : chain(clip, adam),
  );
}
