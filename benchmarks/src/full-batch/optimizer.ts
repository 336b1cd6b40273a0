import { grokAdamW, grokfastEma, grokfastMa, lossGapSignal } from '@evenkeel/grokadamw';
import { adamW, chain, type Transform, TransformOptimizer } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import type { Curves } from '../recorded/train-resumably.js';
import type { Settings } from './settings.js';

/** Grokfast's own settings are the published ones for algorithmic data. */
export function optimizerFor(settings: Settings, curves: Curves): TransformOptimizer {
  const { optimizer, learningRate, beta2, epsilon, weightDecay } = settings;
  const adam = () => adamW({ learningRate, beta2, epsilon, weightDecay });
  const last = (metric: string) => () => curves[metric]?.values.at(-1) ?? null;
  const recipes: Record<Settings['optimizer'], () => Transform> = {
    adamw: adam,
    orthograd: () => chain(orthograd(), adam()),
    grokadamw: () =>
      grokAdamW({
        ...{ learningRate, beta2, epsilon, weightDecay },
        grokkingSignals: [lossGapSignal(last('trainLoss'), last('testLoss'))],
      }),
    'grokfast-ema': () => chain(grokfastEma({ alpha: 0.98, lambda: 2 }), adam()),
    'grokfast-ma': () => chain(grokfastMa({ windowSize: 100, lambda: 5 }), adam()),
  };
  return new TransformOptimizer(recipes[optimizer]());
}
