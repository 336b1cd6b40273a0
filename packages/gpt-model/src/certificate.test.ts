import {
  describeGPT,
  empiricalLipschitz,
  lipschitzCertificate,
  publishedLipschitzEstimate,
} from '@evenkeel/lipschitz';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { GPT } from './index.js';

const SIZE = { vocabSize: 11, contextLength: 6, layers: 2, heads: 2, width: 8 } as const;

describeOnBackends('the certificate of a GPT', () => {
  it.each([
    {},
    { finalScale: 4, valueScale: 0.667, residualWeight: 0.4, scoreBias: true, headBias: true },
    { valueScale: 1, attentionScale: 0, residualWeight: 0.7, scoreBias: true, activation: 'maxMin' as const },
    { attentionScale: 1, residualScale: 2, activation: 'gelu' as const },
  ])('is above any gain that is found: %o', (choices) => {
    const model = new GPT({ architecture: 'lipschitz', ...SIZE, ...choices }, { seed: 3 });
    const inputRms = 1.02; // the search may leave the embeddings by this much
    const { lipschitz } = lipschitzCertificate(model, { inputRms });
    const tokens = [
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 0, 1],
    ];
    const inputs = tf.mul(model.embed(tokens), 0.99) as tf.Tensor3D;
    const found = empiricalLipschitz((x) => model.forwardEmbedded(x as tf.Tensor3D), inputs, {
      inputRms,
      steps: 10,
    });
    expect(found).toBeLessThanOrEqual(lipschitz);
    expect(found).toBeGreaterThan(lipschitz / 100);
    expect(publishedLipschitzEstimate(describeGPT(model)).lipschitz).toBeGreaterThan(0);
    model.dispose();
  });

  it('is refused where there is none', () => {
    const model = new GPT({ architecture: 'gpt2', ...SIZE });
    expect(() => lipschitzCertificate(model)).toThrow(
      "lipschitzCertificate: the model has the norm 'layerNorm'",
    );
    model.dispose();
  });
});
