import { type GrokAdamWTransform, grokAdamW, grokfastEma, lossGapSignal } from '@evenkeel/grokadamw';
import {
  decoupledWeightDecay,
  embeddingNormCap,
  muon,
  spectralCap,
  spectralHammer,
  spectralNormalize,
  spectralSoftCap,
} from '@evenkeel/lipschitz';
import {
  adamW,
  both,
  type Constraint,
  chain,
  clipByGlobalNorm,
  clipByParamNorm,
  isMatrix,
  masked,
  named,
  not,
  partition,
  type Select,
  sgd,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import type { RunConfig } from '../config/schema.js';
import { scheduleOf } from './schedule-of.js';

/** The latest losses, for GrokAdamW's signal. */
export interface LatestLosses {
  train: number | null;
  validation: number | null;
}

/** An optimizer as a config describes it, with what can be watched of it. */
export class ConfiguredOptimizer extends TransformOptimizer {
  constructor(
    transform: Transform,
    constraints: readonly Constraint[],
    /** What the grokking signal reads; training writes it. */
    readonly losses: LatestLosses,
    /** GrokAdamW's α and signal, if it is one. */
    readonly grokking: GrokAdamWTransform | undefined,
  ) {
    super(transform, constraints);
  }
}

/** Embeddings, positions, heads and all that is no matrix: not for Muon. */
const HIDDEN_MATRIX: Select = both(isMatrix, not(named(/embed|position|scoreBias|head\.|router/)));

/**
 * The optimizer that a config describes: what one would write by hand with the functions of the packages.
 *
 *     clipByGlobalNorm → clipByParamNorm → orthograd → grokfastEma → adamW | grokAdamW | muon | sgd,   then constraints
 *
 * @param heads Attention heads of the model, for constraints per head. Default 1.
 */
export function optimizerOf(config: RunConfig, { heads = 1 }: { heads?: number } = {}): ConfiguredOptimizer {
  const losses: LatestLosses = { train: null, validation: null };
  const recipe = recipeOf(config, losses);
  const { clip, grokfast } = config;
  const stages = [
    ...(clip.globalNorm === undefined ? [] : [clipByGlobalNorm(clip.globalNorm)]),
    ...(clip.paramNorm === undefined ? [] : [clipByParamNorm(clip.paramNorm)]),
    ...orthogradOf(config),
    ...(grokfast ? [grokfastEma(grokfast)] : []),
    recipe,
  ];
  const grokking = config.optimizer.name === 'grokadamw' ? (recipe as GrokAdamWTransform) : undefined;
  return new ConfiguredOptimizer(
    stages.length === 1 ? recipe : chain(...stages),
    constraintsOf(config, heads),
    losses,
    grokking,
  );
}

function orthogradOf({ orthograd: option }: RunConfig): Transform[] {
  if (option === false) return [];
  const { rescale, skip, oneDimensional } =
    option === true ? { rescale: true, skip: [], oneDimensional: false } : option;
  const select = [
    ...(oneDimensional ? [] : [isMatrix]),
    ...skip.map((pattern) => not(named(patternOf(pattern)))),
  ];
  return [masked(orthograd({ rescale }), both(...select))];
}

function recipeOf(config: RunConfig, losses: LatestLosses): Transform {
  const { optimizer } = config;
  const learningRate = scheduleOf(config, optimizer.learningRate);
  switch (optimizer.name) {
    case 'adamw': {
      const { name: _, ...options } = optimizer;
      return adamW({ ...options, learningRate });
    }
    case 'grokadamw': {
      const { name: _, lossGapSignal: hasSignal, ...options } = optimizer;
      const signal = lossGapSignal(
        () => losses.train,
        () => losses.validation,
      );
      return grokAdamW({ ...options, learningRate, grokkingSignals: hasSignal ? [signal] : [] });
    }
    case 'muon': {
      const { name: _, adam, ...options } = optimizer;
      const parts = {
        muon: muon({ ...options, learningRate }),
        adam: adamW({ ...adam, learningRate: scheduleOf(config, adam.learningRate) }),
      };
      return partition(parts, (param) => (HIDDEN_MATRIX(param) ? 'muon' : 'adam'));
    }
    case 'sgd': {
      const { name: _, ...options } = optimizer;
      return sgd({ ...options, learningRate });
    }
  }
}

function constraintsOf({ constraint, embeddingMaxNorm }: RunConfig, heads: number): Constraint[] {
  const embedding =
    embeddingMaxNorm === undefined
      ? []
      : [masked(embeddingNormCap({ maxNorm: embeddingMaxNorm }) as Constraint, named(/embed\.weight$/))];
  if (constraint.name === 'none') return embedding;
  const free = constraint.skip.map((pattern) => not(named(patternOf(pattern))));
  const select = both(isMatrix, ...free);
  switch (constraint.name) {
    case 'decoupledWeightDecay':
      return [masked(decoupledWeightDecay(constraint.weightDecay), select), ...embedding];
    case 'hammer':
      return [masked(spectralHammer({ maxNorm: constraint.maxNorm }) as Constraint, select), ...embedding];
    case 'normalize':
      return [masked(spectralNormalize({ maxNorm: constraint.maxNorm }) as Constraint, select), ...embedding];
    default: {
      const cap = constraint.name === 'spectralCap' ? spectralCap : spectralSoftCap;
      const { maxNorm, perHead } = constraint;
      if (!perHead) return [masked(cap({ maxNorm }) as Constraint, select), ...embedding];
      return [
        masked(cap({ maxNorm, heads }) as Constraint, both(select, HEADS)),
        masked(cap({ maxNorm }) as Constraint, both(select, not(HEADS))),
        ...embedding,
      ];
    }
  }
}

/** Matrices whose rows are shared out among heads. */
const HEADS = named(/attention\.[qkv]\.weight$/);

function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new Error(
      `run config: '${pattern}' is no pattern (${(error as Error).message}), expected one like 'head'.`,
    );
  }
}
