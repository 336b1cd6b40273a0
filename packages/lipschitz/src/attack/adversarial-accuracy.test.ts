import { adversarialAccuracy, certifiedRadius, lipschitzCertificate } from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';

describeOnBackends('adversarialAccuracy', () => {
  /** Two classes, split where x₀ = 0; the inputs lie 1, 2, 3 and 4 from there, in length. */
  const forward = (x: tf.Tensor) =>
    tf.matMul(
      x,
      tf.tensor2d([
        [1, -1],
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    );
  const inputs = () =>
    tf.tensor2d([
      [1, 0, 5, 0],
      [2, 1, 0, 0],
      [-3, 2, 0, 0],
      [-4, 0, 0, 1],
    ]);
  const labels = () => tf.tensor1d([0, 0, 1, 1], 'int32');

  it('finds every change there is for a linear model, and no other', () => {
    const radii = [3.5, 0, 0.99, 1.01, 1.99, 2.01, 9];
    const expected = [0.25, 1, 1, 0.75, 0.75, 0.5, 0];
    const inLength = adversarialAccuracy(forward, inputs(), labels(), { radii, norm: 'l2' });
    expect(inLength).toEqual(radii.map((radius, i) => ({ radius, accuracy: expected[i] })));
    const inRms = adversarialAccuracy(forward, inputs(), labels(), { radii: radii.map((r) => r / 2) });
    expect(inRms.map(({ accuracy }) => accuracy)).toEqual(expected);
  });

  it('counts a wrong prediction as wrong from the start', () => {
    const wrong = tf.tensor1d([1, 0, 1, 1], 'int32');
    expect(adversarialAccuracy(forward, inputs(), wrong, { radii: [0] })[0].accuracy).toBe(0.75);
    expect(adversarialAccuracy(forward, inputs(), wrong, { radii: [9] })[0].accuracy).toBe(0);
  });

  it('stays inside the range of the inputs', () => {
    let least = Infinity;
    const watched = (x: tf.Tensor) => {
      least = Math.min(least, tf.min(x).dataSync()[0]);
      return forward(x);
    };
    const positive = tf.tensor2d([[0.5, 0, 1, 0]]);
    const label = tf.tensor1d([0], 'int32');
    const [{ accuracy }] = adversarialAccuracy(watched, positive, label, { radii: [4], range: [0.25, 1] });
    expect(accuracy).toBe(1);
    expect(least).toBeCloseTo(0, 6); // the input itself, which is outside in two features
    expect(adversarialAccuracy(forward, positive, label, { radii: [4] })[0].accuracy).toBe(0);
  });

  it('never breaks what is certified, for an MLP, and breaks more the further it may go', () => {
    const [w1, w2] = [
      tf.randomNormal([16, 8], 0, 0.5, 'float32', 1),
      tf.randomNormal([3, 16], 0, 0.5, 'float32', 2),
    ];
    const mlp = (x: tf.Tensor) => tf.matMul(tf.relu(tf.matMul(x, w1, false, true)), w2, false, true);
    const x = tf.randomNormal([200, 8], 0, 1, 'float32', 3);
    const logits = mlp(x);
    const y = tf.argMax(logits, -1);
    const layers = [{ weight: w1, activation: 'relu' }, { weight: w2 }] as const;
    const certified = certifiedRadius(
      logits,
      lipschitzCertificate({ architecture: 'mlp', layers }),
    ).dataSync();
    const radii = [0, 0.03, 0.1, 0.3, 1];
    const found = adversarialAccuracy(mlp, x, y, { radii });
    expect(found[0].accuracy).toBe(1);
    expect(found[4].accuracy).toBeLessThan(0.2);
    found.forEach(({ radius, accuracy }, i) => {
      expect(accuracy).toBeGreaterThanOrEqual(certified.filter((r) => r >= radius).length / 200 - 1e-6);
      if (i > 0) expect(accuracy).toBeLessThan(found[i - 1].accuracy);
    });
  });

  it('attacks all tokens of a sequence, and counts each prediction', () => {
    // Each prediction depends on the token before it alone.
    const previous = (x: tf.Tensor) => tf.concat([tf.ones([1, 1, 2]), tf.slice(x, [0, 0, 0], [1, 2, 2])], 1);
    const x = tf.tensor3d([
      [
        [1, 0],
        [3, 0],
        [9, 0],
      ],
    ]);
    const y = tf.tensor2d([[0, 0, 0]], [1, 3], 'int32');
    const radii = [0, 0.9, 2, 4];
    const found = adversarialAccuracy((x) => tf.mul(previous(x), tf.tensor1d([2, 1])), x, y, {
      radii,
      norm: 'l2',
    });
    const accuracies = found.map(({ accuracy }) => Math.round(accuracy * 3));
    expect(accuracies).toEqual([3, 2, 2, 1]);
  });

  it('rejects negative radii and labels that do not fit', () => {
    expect(() => adversarialAccuracy(forward, inputs(), labels(), { radii: [-1] })).toThrow('a radius of -1');
    expect(() => adversarialAccuracy(forward, inputs(), tf.zeros([4, 2], 'int32'), { radii: [1] })).toThrow(
      'labels of shape [4,2] for logits of shape [4,2], expected [4]',
    );
  });
});
