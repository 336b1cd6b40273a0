import { type Transform, TransformOptimizer } from '@evenkeel/optim';
import { describeEdges, expectClose, optimizerOf } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import * as exports from './index.js';

const { GrokAdamW, grokAdamW, grokfastEma, grokfastMa } = exports;

/** Steps beside a parameter without entries, which changes nothing for the others; and steps with nothing to do. */
function ignoresNothing(create: () => TransformOptimizer): void {
  const [expected, found] = [false, true].map((beside) => {
    const optimizer = create();
    const w = tf.variable(tf.tensor1d([1, -2]), true, 'w');
    const nothing = tf.variable(tf.zeros([0, 4]), true, 'nothing');
    const none = { name: 'nothing', tensor: tf.zeros([0, 4]) as tf.Tensor };
    for (const value of [3, -1, 2]) {
      optimizer.applyGradients([{ name: 'w', tensor: tf.fill([2], value) }, ...(beside ? [none] : [])]);
    }
    optimizer.applyGradients(beside ? [none] : []);
    const values = w.arraySync();
    optimizer.dispose();
    tf.dispose([w, nothing]);
    return values;
  });
  expect(found).toEqual(expected);
}

function updateOf(transform: Transform, gradient: readonly number[]): tf.Tensor {
  const w = tf.variable(tf.zeros([gradient.length]), true, 'w');
  const { updates } = transform.update({ w: tf.tensor1d([...gradient]) }, {}, { count: 0, params: { w } });
  w.dispose();
  return updates.w;
}

const close = { rtol: 1e-4, atol: 0 };

describeEdges(exports, {
  grokAdamW() {
    expect(() => grokAdamW({ lr: 1 } as never)).toThrow("grokAdamW: option 'lr' is unknown");
    expect(() => grokfastEma({ lamb: 1 } as never)).toThrow("Did you mean 'lambda'?");
    expect(() => grokfastMa({ window: 1 } as never)).toThrow("Did you mean 'windowSize'?");
    ignoresNothing(() => new TransformOptimizer(grokAdamW()));
    // Clipped to norm 1 whatever their size; then a first step of the learning rate.
    expectClose(updateOf(grokAdamW({ learningRate: 0.1 }), [3e38, -3e38]), [-0.1, 0.1], close);
    const tiny = updateOf(grokAdamW({ learningRate: 0.1 }), [2e-30, 1e-30]).dataSync();
    expectClose(tiny[0] / tiny[1], 2, 1e-4);
  },
  GrokAdamW: () => ignoresNothing(() => new GrokAdamW({ layerDecay: 'layer' })),
  grokfastEma() {
    ignoresNothing(() => optimizerOf(grokfastEma()));
    expectClose(updateOf(grokfastEma(), [1e38, 1e-30]), [3e38, 3e-30], close);
  },
  grokfastMa() {
    ignoresNothing(() => optimizerOf(grokfastMa({ windowSize: 2 })));
    const now = { windowSize: 1, warmup: false, lambda: 2 };
    expectClose(updateOf(grokfastMa(now), [1e38, 1e-30]), [3e38, 3e-30], close);
  },
  layerFromName: 'takes names',
  layersOf: 'takes names',
  lossGapSignal: 'takes and gives numbers, in float64',
});
