import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchByName, type NamedShape } from './match-by-name.js';
import { relativeName } from './relative-name.js';

const named = (...names: string[]): NamedShape[] => names.map((name) => ({ name, shape: [2] }));
const paired = (saved: readonly NamedShape[], live: readonly NamedShape[]) =>
  matchByName('test', saved, live).map(([from, to]) => `${from.name} → ${to.name}`);

describe('relativeName', () => {
  it.each([
    ['h/kernel_2', 'h/kernel'],
    ['a_1/kernel', 'a_1/kernel'],
    ['dense_Dense12/bias_1', 'dense_Dense/bias'],
    ['conv2d_transpose_Conv2DTranspose3/kernel', 'conv2d_transpose_Conv2DTranspose/kernel'],
    ['block2_Block21/w_0', 'block2_Block2/w_0'],
    [
      'bidirectional_Bidirectional1/forward_lstm_LSTM1/recurrent_kernel',
      'bidirectional_Bidirectional/forward_lstm_LSTM/recurrent_kernel',
    ],
    ['gpt_1/blocks.0.up.weight', 'blocks.0.up.weight'],
    ['layer_1', 'layer_1'],
    ['conv_conv1/kernel', 'conv_conv1/kernel'],
    ['7', '7'],
    ['', ''],
  ])('of %s is %s', (name, relative) => {
    expect(relativeName(name)).toBe(relative);
  });
});

describe('matchByName', () => {
  it.each<[string, string[], string[]]>([
    ['equal names, in any order', ['a', 'b', 'a_1'], ['b', 'a_1', 'a']],
    ['layers that are called a and a_1', ['a/kernel', 'a_1/kernel'], ['a/kernel_1', 'a_1/kernel_1']],
    ['a build that was saved second and read first', ['h/kernel_1', 'o/bias_1'], ['h/kernel', 'o/bias']],
    ['a layer with two weights of one name', ['a/kernel', 'a/kernel_1'], ['a/kernel_9', 'a/kernel_10']],
    ['weights that asked for w and w_1', ['a/w', 'a/w_1'], ['a/w_1', 'a/w_1_1']],
    ['the same at the third build', ['a/w', 'a/w_1'], ['a/w_2', 'a/w_1_2']],
    ['layers without names', ['dense_Dense9/k', 'dense_Dense10/k'], ['dense_Dense11/k', 'dense_Dense12/k']],
    ['the models of this project', ['gpt/a.weight', 'gpt/b.weight'], ['gpt_1/a.weight', 'gpt_1/b.weight']],
    ['a model by another name', ['teacher/a.weight'], ['student/a.weight']],
    ['a model with and without a name', ['a.weight'], ['gpt/a.weight']],
    ['two models at once', ['gpt/a.b', 'gpt_1/a.b', 'mlp/a.b'], ['gpt_1/a.b', 'gpt_2/a.b', 'mlp_7/a.b']],
  ])('pairs %s', (_, saved, live) => {
    const expected = saved.every((name) => live.includes(name))
      ? live.map((name) => `${name} → ${name}`)
      : live.map((name, i) => `${saved[i]} → ${name}`);
    expect(paired(named(...saved), named(...live))).toEqual(expected);
  });

  it.each<[string, string[], string[], string]>([
    [
      'another layer',
      ['h/kernel'],
      ['o/kernel'],
      "the checkpoint has no 'o/kernel', expected one of shape [2] as in the model; it has 'h/kernel', which the model has not.",
    ],
    ['a count that the user gave', ['a/kernel'], ['a_1/kernel'], "has no 'a_1/kernel'"],
    ['variables with numbers', ['w_1', 'w_2'], ['w_1', 'w_3'], "has no 'w_3'"],
    [
      'blocks with numbers',
      ['block1/kernel', 'block2/kernel'],
      ['block1/kernel', 'block3/kernel'],
      "no 'block3/kernel'",
    ],
    ['what cannot be the same', ['a/w_1'], ['a/w_2_1'], "has no 'a/w_2_1'"],
    ['a layer less', ['dense_Dense1/k', 'dense_Dense2/k'], ['dense_Dense3/k'], "no 'dense_Dense3/k'"],
    ['a layer more', ['a/k'], ['a/k_1', 'b/k_1'], "has no 'b/k_1'"],
    [
      'what the model lacks',
      ['a/k', 'b/k'],
      ['a/k'],
      "the checkpoint has 'b/k', expected only what the model has.",
    ],
    [
      'two models by other names',
      ['teacher/a.b', 'student/a.b'],
      ['teacher/a.b', 'pupil/a.b'],
      "has no 'pupil/a.b'",
    ],
    ['a name twice', ['a', 'a'], ['a'], "the checkpoint has two tensors called 'a'"],
  ])('refuses %s', (_, saved, live, message) => {
    expect(() => paired(named(...saved), named(...live))).toThrow(message);
  });

  it('refuses another shape, and says which', () => {
    expect(() =>
      matchByName('load', [{ name: 'a/k', shape: [2, 3] }], [{ name: 'a/k_1', shape: [3, 2] }], {
        from: 'the file',
      }),
    ).toThrow(
      "load: the file has 'a/k' in shape [2,3], expected shape [3,2] as 'a/k_1' in the model. Build the same model, of the same sizes.",
    );
  });
});

describeOnBackends('matchByName, on what tf.layers builds,', (backend) => {
  /** Marks each weight by its place, builds the model as often as asked, and keeps some builds alive. */
  const builds = (build: () => tf.LayersModel, times: number, dispose: boolean) =>
    Array.from({ length: times }, () => {
      const model = build();
      const weights = model.weights.map((weight, place) => ({
        name: (weight.read() as tf.Variable).name,
        shape: weight.shape as number[],
        place,
      }));
      if (dispose) model.dispose();
      return weights;
    });
  let unique = 0;

  const makers: [string, (id: string) => tf.LayersModel][] = [
    [
      'layers with names, a and a_1',
      (id) =>
        tf.sequential({
          layers: ['a', 'a_1', 'a_2'].map((name) =>
            tf.layers.dense({ name: `${id}${name}`, units: 2, inputShape: [2] }),
          ),
        }),
    ],
    [
      'layers without names',
      () =>
        tf.sequential({
          layers: Array.from({ length: 12 }, () => tf.layers.dense({ units: 2, inputShape: [2] })),
        }),
    ],
    [
      'convolutions, norms and recurrent layers',
      () =>
        tf.sequential({
          layers: [
            tf.layers.conv1d({ filters: 2, kernelSize: 1, inputShape: [3, 2] }),
            tf.layers.batchNormalization(),
            tf.layers.bidirectional({
              layer: tf.layers.lstm({ units: 2, returnSequences: true }),
              mergeMode: 'concat',
            }),
            tf.layers.simpleRNN({ units: 4 }),
            tf.layers.dense({ units: 4 }),
          ],
        }),
    ],
    [
      'stacked recurrent cells',
      () =>
        tf.sequential({
          layers: [
            tf.layers.rnn({
              cell: [0, 1].map(() => tf.layers.gruCell({ units: 2 })) as unknown as tf.RNN['cell'],
              inputShape: [3, 2],
            } as never),
          ],
        }),
    ],
  ];

  it.each(makers)(
    'pairs %s, whatever builds came between and whatever the order of the lists',
    (_, build) => {
      fc.assert(
        fc.property(
          fc.boolean(),
          fc.nat(),
          fc.nat(),
          fc.infiniteStream(fc.nat()),
          (dispose, i, k, random) => {
            const id = `${backend}${unique++}_`;
            const [saved, live] = [i, k].map((n) => builds(() => build(id), 3, dispose)[n % 3]);
            const keys = [...saved].map(() => random.next().value as number);
            const shuffled = saved.map((tensor, n) => [keys[n], tensor] as const).sort(([a], [b]) => a - b);
            for (const [from, to] of matchByName(
              'test',
              shuffled.map(([, tensor]) => tensor),
              live,
            )) {
              expect(from.place).toBe(to.place);
            }
            tf.disposeVariables();
          },
        ),
        { numRuns: 6 },
      );
    },
  );
});
