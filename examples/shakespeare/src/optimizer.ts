import { muon } from '@evenkeel/lipschitz';
import {
  adamW,
  chain,
  clipByGlobalNorm,
  partition,
  type Schedule,
  type Transform,
  TransformOptimizer,
  warmupCosine,
} from '@evenkeel/optim';
import type { Settings } from './settings.js';

/** AdamW's largest step size for what is no matrix inside a block. */
const ADAM_RATE = 0.003;

/**
 * Gradients clipped to norm 1; then Muon for the matrices inside the blocks and AdamW for the embedding, the head and the
 * gains, or AdamW for everything. Step sizes rise over a twentieth of the run and fall along a cosine.
 */
export function optimizerFor({ optimizer, learningRate, steps }: Settings): TransformOptimizer {
  const schedule = (peak: number): Schedule =>
    warmupCosine({ peak, warmupSteps: Math.ceil(steps / 20), totalSteps: steps, floor: 0.02 * peak });
  const adam = (peak: number): Transform =>
    adamW({ learningRate: schedule(peak), beta2: 0.99, weightDecay: 0.1 });
  return new TransformOptimizer(
    chain(
      clipByGlobalNorm(1),
      optimizer === 'adamw'
        ? adam(learningRate)
        : partition(
            { muon: muon({ learningRate: schedule(learningRate), weightDecay: 0.1 }), adam: adam(ADAM_RATE) },
            ({ name, rank }) => (rank === 2 && /blocks\./.test(name) ? 'muon' : 'adam'),
          ),
    ),
  );
}
