import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { averageWeights, copyWeights, distance, interpolate, loadWeights, type Weights } from './index.js';

describeOnBackends('weights', (backend) => {
  it('interpolate exactly at the ends, and leave integers alone between them', () => {
    const a = { w: tf.tensor1d([0.1, 3]), n: tf.tensor1d([1], 'int32'), on: tf.tensor1d([true], 'bool') };
    const b = { w: tf.tensor1d([0.7, -1]), n: tf.tensor1d([2], 'int32'), on: tf.tensor1d([false], 'bool') };
    for (const name of ['w', 'n', 'on'] as const) {
      expectClose(interpolate(a, b, 1)[name], a[name].dataSync(), 0);
      expectClose(interpolate(a, b, 0)[name], b[name].dataSync(), 0);
    }
    expectClose(interpolate(a, b, 0.25).w, [0.55, 0], 1e-6);
    expectClose(interpolate(a, b, 0.25).n, [1], 0);
    expectClose(interpolate(a, b, 0.25).on, [1], 0);
    expectClose(averageWeights([a, b]).w, interpolate(a, b, 0.5).w.dataSync(), 1e-7);
    expectClose(distance(a, b), Math.hypot(0.6, 4), 1e-6);
    expect(() => interpolate(a, b, Number.NaN)).toThrow('interpolate: alpha is NaN');
    expect(() => averageWeights([])).toThrow('averageWeights: models is empty');
  });

  it('are copied without changing with the model, and loaded all or not at all', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const copy = copyWeights([w]);
    w.assign(tf.tensor1d([2]));
    expectClose(copy.w, [1], 0);
    expect(() => loadWeights([w], { w: tf.ones([2]) })).toThrow(
      "loadWeights: the saved model has 'w' in shape [2]",
    );
    loadWeights([w], copy);
    expectClose(w, [1], 0);
    tf.dispose(copy);
  });

  it('may be variables, also of the model that they are loaded into', () => {
    const [v, w] = [tf.variable(tf.tensor1d([1])), tf.variable(tf.tensor1d([2]))];
    loadWeights({ v, w }, { v: w, w: v });
    expectClose(v, [2], 0);
    expectClose(w, [1], 0);
  });

  it('are refused unless they are live tensors by name', () => {
    const good = { w: tf.tensor1d([1, 2]) };
    const gone = { w: tf.tensor1d([1, 2]) };
    gone.w.dispose();
    const cases: [unknown, string][] = [
      [undefined, 'the weights are undefined, expected tensors by name'],
      [new Map([['w', good.w]]), 'the weights are a Map, expected tensors by name'],
      [[good.w], 'the weights are a list, expected tensors by name'],
      [{}, 'the weights are empty, expected at least one tensor by name'],
      [{ w: [1, 2] }, "'w' is a list, expected a tensor"],
      [gone, "'w' is disposed, expected a live tensor"],
    ];
    for (const [wrong, message] of cases) {
      const weights = wrong as Weights;
      expect(() => interpolate(weights, good, 0.5)).toThrow(`interpolate: ${message}`);
      expect(() => interpolate(good, weights, 0.5)).toThrow(`interpolate: ${message}`);
      expect(() => averageWeights([good, weights])).toThrow(`averageWeights: ${message}`);
      expect(() => distance(good, weights)).toThrow(`distance: ${message}`);
    }
    expect(() => averageWeights(undefined as never)).toThrow(
      'averageWeights: models is undefined, expected a list',
    );
    expect(() => averageWeights(good as never)).toThrow(
      'averageWeights: models is an object, expected a list',
    );
  });

  it('of a model are refused unless they are live variables', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const gone = tf.variable(tf.tensor1d([1]), true, 'gone');
    gone.dispose();
    const cases: [unknown, string][] = [
      [undefined, 'variables is undefined, expected tf.Variables, as a list or by name'],
      [new Map([['w', w]]), 'variables is a Map, expected tf.Variables, as a list or by name'],
      [w, 'variables is a tensor [1], expected tf.Variables, as a list or by name'],
      [[], 'variables is empty, expected at least one tf.Variable'],
      [{ w: tf.ones([1]) }, "'w' is a tensor [1], expected a tf.Variable"],
      [[undefined], "'0' is undefined, expected a tf.Variable"],
      [[gone], "'gone' is disposed, expected a live tf.Variable"],
    ];
    for (const [wrong, message] of cases) {
      expect(() => copyWeights(wrong as never)).toThrow(`copyWeights: ${message}`);
      expect(() => loadWeights(wrong as never, { w })).toThrow(`loadWeights: ${message}`);
    }
  });

  it('of two builds of one model belong together, by the names of the first', () => {
    const build = (seed: number) => {
      const kernelInitializer = tf.initializers.randomNormal({ seed });
      const dense = (name: string) => tf.layers.dense({ name, units: 2, inputShape: [2], kernelInitializer });
      return tf.sequential({ layers: ['a', 'a_1'].map((name) => dense(`${backend}_${name}`)) });
    };
    const models = [build(1), build(2)];
    const variables = models.map((model) => model.weights.map((weight) => weight.read() as tf.Variable));
    const [a, b] = variables.map(copyWeights);
    const mean = averageWeights([a, b]);
    const half = interpolate(a, b, 0.5);
    for (const [i, { name }] of variables[0].entries()) {
      const other = variables[1][i];
      expect(other.name).toBe(`${name}_1`);
      const expected = tf.div(tf.add(a[name], b[other.name]), 2).dataSync();
      expectClose(mean[name], expected, 1e-7);
      expectClose(half[name], expected, 1e-7);
    }
    expect(distance(a, b)).toBe(distance(b, a));
    loadWeights(variables[1], a);
    for (const [i, variable] of variables[1].entries()) {
      expect(variable.arraySync()).toEqual(variables[0][i].arraySync());
    }
    tf.dispose([a, b, mean, half]);
    for (const model of models) model.dispose();
  });

  it('of models that differ are refused by name', () => {
    const w = tf.ones([1]);
    expect(() => interpolate({ 'gpt/w': w }, { 'gpt_1/w': w }, 0.5)).toThrow(
      "interpolate: the second model has no 'gpt/w', expected one of shape [1] as in the first; it has 'gpt_1/w', which the first has not.",
    );
    expect(() => distance({ w }, { w: tf.ones([1], 'int32') })).toThrow(
      "distance: 'w' is int32 in the second model and 'w' float32 in the first, expected the same.",
    );
  });
});
