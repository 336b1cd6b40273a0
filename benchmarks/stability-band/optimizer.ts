import { grokAdamW } from '@evenkeel/grokadamw';
import { embeddingNormCap, modulaMuon, muon, spectralSoftCap } from '@evenkeel/lipschitz';
import {
  adamW,
  both,
  type Constraint,
  chain,
  clipByGlobalNorm,
  isMatrix,
  masked,
  named,
  partition,
  type Schedule,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import type { Recipe } from './settings.js';

/** What AdamW's step is to Muon's, for embedding, head, biases and gains beside Muon. */
const ADAM_SHARE = 0.15;
/** The cap on the RMS→RMS norm of each matrix, and on the RMS of each embedding. */
const CAP = 2;

const isHidden = both(isMatrix, named(/blocks\./));
const isTable = both(isMatrix, named(/embed|position|head/));

/** The step size falls in a line to 0, without warm-up: what each recipe bears by itself. */
export function optimizerFor(recipe: Recipe, peak: number, steps: number): TransformOptimizer {
  const falling =
    (rate: number): Schedule =>
    (step) =>
      rate * (1 - step / steps);
  const learningRate = falling(peak);
  const adam = (rate = learningRate) => adamW({ learningRate: rate, beta2: 0.99, weightDecay: 0 });
  const hidden = (transform: Transform) =>
    partition({ hidden: transform, adam: adam(falling(ADAM_SHARE * peak)) }, (param) =>
      isHidden(param) ? 'hidden' : 'adam',
    );
  const recipes: Record<Recipe, () => TransformOptimizer> = {
    adamw: () => new TransformOptimizer(adam()),
    'adamw+clip': () => new TransformOptimizer(chain(clipByGlobalNorm(1), adam())),
    orthograd: () => new TransformOptimizer(chain(masked(orthograd(), isMatrix), adam())),
    grokadamw: () => new TransformOptimizer(grokAdamW({ learningRate, beta2: 0.99, weightDecay: 0 })),
    muon: () => new TransformOptimizer(hidden(muon({ learningRate }))),
    'muon+softcap': () => new TransformOptimizer(hidden(modulaMuon({ learningRate })), caps()),
  };
  return recipes[recipe]();
}

/** Anew for each run, since the soft cap remembers what it wrote. */
const caps = (): Constraint[] => [
  masked(spectralSoftCap({ maxNorm: CAP }), isHidden),
  masked(embeddingNormCap({ maxNorm: CAP }) as Constraint, isTable),
];
