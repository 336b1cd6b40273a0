import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { parseIdx } from './idx.js';
import { type Digits, loadMnist } from './mnist.js';

const values = ({ images, labels }: Digits) => [images.arraySync(), labels.arraySync()] as const;

describeOnBackends('loadMnist', () => {
  it('loads all test digits, with the published number of each', async () => {
    const { images, labels } = await loadMnist('test');
    expect([images.shape, labels.shape, labels.dtype]).toEqual([[10_000, 784], [10_000], 'int32']);
    const counts = new Array(10).fill(0);
    for (const label of labels.dataSync()) counts[label]++;
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  it('scales grey levels to 0 … 1, with the published mean and deviation', async () => {
    const { images } = await loadMnist('train', { count: 4000 });
    const { mean, variance } = tf.moments(images);
    expect(images.min().dataSync()[0]).toBe(0);
    expect(images.max().dataSync()[0]).toBe(1);
    expect(Math.abs(mean.dataSync()[0] - 0.1307)).toBeLessThan(0.002);
    expect(Math.abs(Math.sqrt(variance.dataSync()[0]) - 0.3081)).toBeLessThan(0.002);
  });

  it('keeps each image with its label', async () => {
    // Nearest mean image: right for four of five digits, and for one of ten if images and labels were mixed up.
    const { images, labels } = await loadMnist('train', { count: 2000, seed: 3 });
    const ofDigit = tf.oneHot(labels, 10).cast('float32').transpose();
    const means = ofDigit.matMul(images).div(ofDigit.sum(1, true)) as tf.Tensor2D;
    const scores = images.matMul(means.transpose()).sub(means.square().sum(1).div(2));
    const found = scores.argMax(1).equal(labels).cast('float32').mean().dataSync()[0];
    expect(found).toBeGreaterThan(0.75);
  });

  it('gives the same digits for a seed, fewer of them as a beginning, and others for another', async () => {
    const [five, again, three, other] = [
      values(await loadMnist('train', { count: 5, seed: 7 })),
      values(await loadMnist('train', { count: 5, seed: 7 })),
      values(await loadMnist('train', { count: 3, seed: 7 })),
      values(await loadMnist('train', { count: 5, seed: 8 })),
    ];
    expect(again).toEqual(five);
    expect(three).toEqual(five.map((part) => part.slice(0, 3)));
    expect(other[0]).not.toEqual(five[0]);
  });

  it.each([
    [{ count: 0 }, 'loadMnist: count is 0, expected a whole number from 1 to 10000'],
    [{ count: 10_001 }, 'loadMnist: count is 10001'],
    [{ count: 1.5 }, 'loadMnist: count is 1.5'],
    [{ seed: -1 }, 'loadMnist: seed is -1'],
  ])('refuses %o', async (options, message) => {
    await expect(loadMnist('test', options)).rejects.toThrow(message);
  });

  it('knows two parts', async () => {
    await expect(loadMnist('toString' as 'test')).rejects.toThrow("loadMnist: the part is 'toString'");
  });
});

describe('parseIdx', () => {
  it('reads shape and bytes, also from the middle of a buffer', () => {
    const file = Uint8Array.of(9, 0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6).subarray(1);
    expect(parseIdx(file, 'x')).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  it.each([
    ['nothing', []],
    ['another type', [0, 0, 13, 1, 0, 0, 0, 1, 0]],
    ['no axis', [0, 0, 8, 0]],
    ['a cut header', [0, 0, 8, 2, 0, 0, 0, 1]],
    ['a byte too few', [0, 0, 8, 1, 0, 0, 0, 2, 1]],
    ['a byte too many', [0, 0, 8, 1, 0, 0, 0, 1, 1, 1]],
  ])('refuses a file with %s', (_, bytes) => {
    expect(() => parseIdx(Uint8Array.from(bytes), 'digits')).toThrow("parseIdx: 'digits'");
  });
});
