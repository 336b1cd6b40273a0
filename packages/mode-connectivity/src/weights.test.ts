import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { averageWeights, copyWeights, distance, interpolate, loadWeights, type Weights } from './index.js';

describeOnBackends('weights', () => {
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
    expect(() => averageWeights([])).toThrow('averageWeights: got no models');
  });

  it('are copied without changing with the model, and loaded all or not at all', () => {
    const w = tf.variable(tf.tensor1d([1]), true, 'w');
    const copy = copyWeights([w]);
    w.assign(tf.tensor1d([2]));
    expectClose(copy.w, [1], 0);
    expect(() => loadWeights([w], { w: tf.ones([2]) })).toThrow("loadWeights: 'w' is float32 [1]");
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

  it('of two models with prefixed names are told how to be named', () => {
    const [a, b] = [{ 'gpt/w': tf.ones([1]) }, { 'gpt_1/w': tf.ones([1]) }];
    expect(() => interpolate(a, b, 0.5)).toThrow(
      /'gpt\/w' is in only one of the two models.*Object\.fromEntries\(gpt\.parameters\)/,
    );
  });
});
