import { chain } from '@evenkeel/optim';
import { orthograd } from '@evenkeel/orthograd';
import { describeTransform } from '@evenkeel/testing';
import { grokAdamW, grokfastEma, grokfastMa } from './index.js';

const layered = () => grokAdamW({ layerDecay: 'layer', learningRate: 0.1 });

describeTransform('grokAdamW by layer', layered);
describeTransform('grokAdamW without layer decay', () =>
  grokAdamW({ gamma: 0, grokkingSignals: [() => 0.5] }),
);
describeTransform('grokfastEma', () => grokfastEma());
describeTransform('grokfastMa', () => grokfastMa({ windowSize: 2 }));
describeTransform('grokfastMa over more gradients than a GPU adds up at once', () =>
  grokfastMa({ windowSize: 14, warmup: false }),
);
describeTransform('grokfastMa without warm-up', () =>
  grokfastMa({ windowSize: 3, warmup: false, filterType: 'sum' }),
);
describeTransform('chain(orthograd, grokAdamW)', () => chain(orthograd(), layered()));
