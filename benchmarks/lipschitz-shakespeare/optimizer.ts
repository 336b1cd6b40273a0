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
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { HEADS, type Settings } from './settings.js';

const isEmbedding = named(/embed\.weight$/);
const isHead = named(/head\.weight$/);
const isPerHead = named(/attention\.[qkv]\.weight$/);
/** A block's matrices, but not its table of score biases. */
const isHidden: Select = both(isMatrix, named(/blocks\..*\.weight$/));
const isOther: Select = (param) => isHidden(param) && !isPerHead(param);

const ADAM_BETA2 = 0.99;

/** Rises over 20 steps, stays, and falls to 0 from `decayFrom` on: a run can be made longer from there. */
export const trapezoid =
  (peak: number, steps: number, decayFrom: number): Schedule =>
  (step) =>
    peak * Math.min((step + 1) / 20, 1, Math.max(0, (steps - step) / (steps - decayFrom)));

export function optimizerFor(settings: Settings, steps: number, decayFrom: number): TransformOptimizer {
  const rate = (peak: number) => trapezoid(peak, steps, decayFrom);
  const { learningRate, weightDecay } = settings;
  const transform =
    settings.optimizer === 'muon'
      ? muonWithBesides(settings, rate)
      : adamW({ learningRate: rate(learningRate), beta2: ADAM_BETA2, weightDecay });
  return new TransformOptimizer(transform, constraintsOf(settings));
}

/** Muon in the blocks and, with steps of their own, for head and embedding; AdamW for biases. */
function muonWithBesides(
  { learningRate, constraint, muon, weightDecay }: Settings,
  rate: (peak: number) => Schedule,
): Transform {
  if (!muon) throw new Error("optimizerFor: got optimizer 'muon' without its settings; add muon: {…}");
  const { momentum, tables, biases } = muon;
  const steps = (peak: number, heads = 1) =>
    modulaMuon({ learningRate: rate(peak), momentum, nesterov: true, weightDecay, heads });
  return partition(
    {
      blocks: steps(learningRate),
      perHead: steps(learningRate, headsOf(constraint)),
      head: steps(tables),
      // The published limit, 16, all but freezes embeddings: their gradients are far smaller.
      embedding: modulaEmbedding({ learningRate: rate(tables), momentum, maxInflation: 1e6 }),
      biases: adamW({ learningRate: rate(biases), beta2: ADAM_BETA2, weightDecay: 0 }),
    },
    (param) => {
      if (isEmbedding(param)) return 'embedding';
      if (isHead(param)) return 'head';
      if (isPerHead(param)) return 'perHead';
      return isOther(param) ? 'blocks' : 'biases';
    },
  );
}

const headsOf = (constraint: Settings['constraint']): number =>
  constraint === 'soft-cap-per-head' ? HEADS : 1;

function constraintsOf({ constraint, maxNorm }: Settings): Constraint[] {
  if (constraint === 'none' || maxNorm === null) return [];
  const hold = (norm: number, count: number): Constraint =>
    constraint === 'hammer'
      ? spectralHammer({ maxNorm: norm })
      : spectralSoftCap({ maxNorm: norm, heads: count });
  return [
    masked(hold(maxNorm, headsOf(constraint)), isPerHead),
    masked(hold(maxNorm, 1), isOther),
    masked(hold(1, 1), isHead),
    masked(embeddingNormCap({ maxNorm: 1, maxInflation: 16 }) as Constraint, isEmbedding),
  ];
}
