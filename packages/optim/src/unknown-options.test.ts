import * as optim from '@evenkeel/optim';
import { expect, it } from 'vitest';

const schedule = { peak: 1, totalSteps: 10 };

it.each<[string, () => unknown, string]>([
  [
    'adamW',
    () => optim.adamW({ lr: 0.1 } as never),
    "adamW: option 'lr' is unknown, expected one of 'learningRate'",
  ],
  ['AdamW', () => new optim.AdamW({ weight_decay: 0.1 } as never), "Did you mean 'weightDecay'?"],
  ['scaleByAdam', () => optim.scaleByAdam({ eps: 1 } as never), "Did you mean 'epsilon'?"],
  ['sgd', () => optim.sgd({ nestrov: true } as never), "Did you mean 'nesterov'?"],
  ['momentum', () => optim.momentum(0.9, { nesterow: true } as never), "Did you mean 'nesterov'?"],
  ['clipByGlobalNorm', () => optim.clipByGlobalNorm(1, { norm_type: 1 } as never), "Did you mean 'ord'?"],
  ['clipByParamNorm', () => optim.clipByParamNorm(1, { order: 1 } as never), "option 'order' is unknown"],
  [
    'warmupCosine',
    () => optim.warmupCosine({ ...schedule, warmup: 3 } as never),
    "option 'warmup' is unknown",
  ],
  ['linear', () => optim.linear({ ...schedule, warmupStep: 3 } as never), "Did you mean 'warmupSteps'?"],
  ['inverseSqrt', () => optim.inverseSqrt({ peak: 1, timeScale: 3 } as never), "Did you mean 'timescale'?"],
  [
    'staircaseInverseSqrt',
    () => optim.staircaseInverseSqrt({ peak: 1, stairstep: 3 } as never),
    "Did you mean 'stairSteps'?",
  ],
])('%s refuses an option that it does not have, in JavaScript too', (_, make, message) => {
  expect(make).toThrow(message);
});
