import { type Examples, labelTensor, oneHotInputs } from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';
import { accuracy, collapse, geometry, type Metrics, scalar } from './metrics.js';
import type { Mlp } from './mlp.js';
import type { Recipe } from './recipes.js';

export interface Training {
  model: Mlp;
  recipe: Recipe;
  train: Examples;
  test: Examples;
  epochs: number;
}

/**
 * Full-batch training, one optimizer step an epoch. Yields the metrics before every step and after the last.
 */
export function* training({ model, recipe, train, test, epochs }: Training): Generator<Metrics> {
  const [trainX, trainY] = [oneHotInputs(train), labelTensor(train)];
  const [testX, testY] = [oneHotInputs(test), labelTensor(test)];
  try {
    for (let epoch = 0; epoch <= epochs; epoch++) {
      const { loss, logits, gradients } = forwardBackward(model, recipe, trainX, trainY);
      const testLogits = model.forward(testX);
      const metrics = {
        epoch,
        trainLoss: scalar(() => loss),
        trainAccuracy: accuracy(trainY, logits),
        testLoss: scalar(() => recipe.loss(testY, testLogits)),
        testAccuracy: accuracy(testY, testLogits),
        softmaxCollapse: collapse(trainY, logits),
        ...geometry(model.weights, gradients),
      };
      if (epoch < epochs) {
        recipe.optimizer.applyGradients(model.weights.map(({ name }, i) => ({ name, tensor: gradients[i] })));
      }
      tf.dispose([loss, logits, testLogits, gradients]);
      yield metrics;
    }
  } finally {
    tf.dispose([trainX, trainY, testX, testY]);
  }
}

/** The loss, the logits it came from, and the gradient of each weight. */
function forwardBackward(model: Mlp, { loss }: Recipe, x: tf.Tensor2D, y: tf.Tensor1D) {
  let logits: tf.Tensor2D | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const out = model.forward(x);
    logits = tf.keep(tf.clone(out));
    return loss(y, out);
  }, [...model.weights]);
  return { loss: value, logits: logits!, gradients: model.weights.map(({ name }) => grads[name]) };
}
