import {
  embeddingNormCap,
  modulaEmbedding,
  modulaMuon,
  spectralHammer,
  spectralSoftCap,
} from '@evenkeel/lipschitz';
import {
  adamW,
  both,
  type Constraint,
  isMatrix,
  masked,
  named,
  partition,
  type Schedule,
  type Select,
  TransformOptimizer,
} from '@evenkeel/optim';
import { HEADS, type Settings } from './settings.js';

const isEmbedding = named(/embed\.weight$/);
const isHead = named(/head\.weight$/);
const isPerHead = named(/attention\.[qkv]\.weight$/);
/** A block's matrices, but not its table of score biases. */
const isHidden: Select = both(isMatrix, named(/blocks\..*\.weight$/));
const isOther: Select = (param) => isHidden(param) && !isPerHead(param);

/** AdamW's step for biases where Muon takes the matrices. */
const BIAS_RATE = 0.02;

/** Rises over 20 steps, stays, and falls to 0 from `decayFrom` on: a run can be made longer from there. */
export const trapezoid =
  (peak: number, steps: number, decayFrom: number): Schedule =>
  (step) =>
    peak * Math.min((step + 1) / 20, 1, Math.max(0, (steps - step) / (steps - decayFrom)));

export function optimizerFor(settings: Settings, steps: number, decayFrom: number): TransformOptimizer {
  const { optimizer, learningRate, weightDecay, constraint } = settings;
  const rate = (peak: number) => trapezoid(peak, steps, decayFrom);
  const adam = (peak: number, decay = 0) =>
    adamW({ learningRate: rate(peak), beta2: 0.99, weightDecay: decay });
  const heads = constraint === 'soft-cap-per-head' ? HEADS : 1;
  const muon = (count: number) => modulaMuon({ learningRate: rate(learningRate), weightDecay, heads: count });
  const transform =
    optimizer === 'adamw'
      ? adam(learningRate, weightDecay)
      : partition(
          {
            muon: muon(1),
            perHead: muon(heads),
            embedding: modulaEmbedding({ learningRate: rate(learningRate) }),
            adam: adam(BIAS_RATE),
          },
          (param) => {
            if (isEmbedding(param)) return 'embedding';
            if (isPerHead(param)) return 'perHead';
            return isOther(param) || isHead(param) ? 'muon' : 'adam';
          },
        );
  return new TransformOptimizer(transform, constraintsOf(settings, heads));
}

function constraintsOf({ constraint, maxNorm }: Settings, heads: number): Constraint[] {
  if (constraint === 'none' || maxNorm === null) return [];
  const hold = (norm: number, count: number): Constraint =>
    constraint === 'hammer'
      ? spectralHammer({ maxNorm: norm })
      : spectralSoftCap({ maxNorm: norm, heads: count });
  return [
    masked(hold(maxNorm, heads), isPerHead),
    masked(hold(maxNorm, 1), isOther),
    masked(hold(1, 1), isHead),
    masked(embeddingNormCap({ maxNorm: 1, maxInflation: 16 }) as Constraint, isEmbedding),
  ];
}
