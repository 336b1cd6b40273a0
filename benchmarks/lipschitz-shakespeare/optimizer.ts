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

/** Rises over 20 steps, stays, and falls to 0 from `decayFrom` on: a run can be made longer from there. */
export const trapezoid =
  (peak: number, steps: number, decayFrom: number): Schedule =>
  (step) =>
    peak * Math.min((step + 1) / 20, 1, Math.max(0, (steps - step) / (steps - decayFrom)));

export function optimizerFor(settings: Settings, steps: number, decayFrom: number): TransformOptimizer {
  const { optimizer, learningRate, weightDecay, constraint, beside } = settings;
  const rate = (peak: number) => trapezoid(peak, steps, decayFrom);
  const adam = (peak: number, decay = 0) =>
    adamW({ learningRate: rate(peak), beta2: 0.99, weightDecay: decay });
  const { tables, biases } = beside ?? { tables: learningRate, biases: 0.02 };
  const heads = constraint === 'soft-cap-per-head' ? HEADS : 1;
  const muon = (peak: number, count = 1) =>
    modulaMuon({ learningRate: rate(peak), weightDecay, heads: count });
  const transform =
    optimizer === 'adamw'
      ? adam(learningRate, weightDecay)
      : partition(
          {
            muon: muon(learningRate),
            perHead: muon(learningRate, heads),
            head: muon(tables),
            // The published limit all but freezes embeddings: their gradients are far smaller.
            embedding: modulaEmbedding({ learningRate: rate(tables), maxInflation: beside ? 1e6 : 16 }),
            adam: adam(biases),
          },
          (param) => {
            if (isEmbedding(param)) return 'embedding';
            if (isHead(param)) return 'head';
            if (isPerHead(param)) return 'perHead';
            return isOther(param) ? 'muon' : 'adam';
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
