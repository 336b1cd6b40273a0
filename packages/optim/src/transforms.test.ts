import {
  adamW,
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  clipByParamNorm,
  isMatrix,
  masked,
  momentum,
  named,
  not,
  partition,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
  warmupCosine,
} from '@evenkeel/optim';
import { describeTransform } from '@evenkeel/testing';

describeTransform('scaleByAdam', () => scaleByAdam());
describeTransform('scaleByAdam with amsgrad', () => scaleByAdam({ amsgrad: true }));
describeTransform('momentum', () => momentum(0.9, { nesterov: true }));
describeTransform('addDecayedWeights', () => addDecayedWeights(0.1));
describeTransform('clipByGlobalNorm', () => clipByGlobalNorm(1));
describeTransform('clipByParamNorm', () => clipByParamNorm(1));
describeTransform('scaleByLearningRate', () =>
  scaleByLearningRate(warmupCosine({ peak: 0.1, warmupSteps: 2, totalSteps: 5 })),
);
describeTransform('adamW', () => adamW({ learningRate: 0.1, weightDecay: 0.1 }));
describeTransform('sgd', () => sgd({ learningRate: 1e-3, momentum: 0.9 }));
describeTransform('masked', () => masked(scaleByAdam(), named('a')));
describeTransform('partition', () =>
  partition({ adam: scaleByAdam(), sum: momentum(0.9) }, ({ name }) => (name === 'a' ? 'adam' : 'sum')),
);
describeTransform('a nested chain', () =>
  chain(
    clipByGlobalNorm(1),
    chain(momentum(0.9), masked(momentum(0.5), not(isMatrix))),
    scaleByLearningRate(0.01),
  ),
);
