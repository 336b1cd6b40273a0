import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import * as lipschitz from './index.js';

const matrix = () => tf.ones([2, 2]);
const wrong = { maxNrom: 1 } as never;

/** Calls with an option that does not exist, of every function that has options. */
const CALLS: Record<string, () => unknown> = {
  muon: () => lipschitz.muon(wrong),
  muonWithAdamW: () => lipschitz.muonWithAdamW(wrong),
  modulaEmbedding: () => lipschitz.modulaEmbedding(wrong),
  modulaTargetNorms: () => lipschitz.modulaTargetNorms(wrong),
  nanochatSchedules: () => lipschitz.nanochatSchedules(wrong),
  normalizeUpdates: () => lipschitz.normalizeUpdates(wrong),
  polarExpress: () => lipschitz.polarExpress(wrong),
  orthogonalize: () => lipschitz.orthogonalize(matrix(), wrong),
  spectralCap: () => lipschitz.spectralCap(wrong),
  spectralSoftCap: () => lipschitz.spectralSoftCap(wrong),
  exactSpectralCap: () => lipschitz.exactSpectralCap(wrong),
  spectralNormalize: () => lipschitz.spectralNormalize(wrong),
  spectralHammer: () => lipschitz.spectralHammer(wrong),
  spectralWeightDecay: () => lipschitz.spectralWeightDecay(wrong),
  embeddingNormCap: () => lipschitz.embeddingNormCap(wrong),
  hyperball: () => lipschitz.hyperball(wrong),
  radialBrake: () => lipschitz.radialBrake(wrong),
  qkClip: () => lipschitz.qkClip(wrong),
  largestScores: () => lipschitz.largestScores(tf.ones([1, 1, 2, 2]), tf.ones([1, 1, 2, 2]), wrong),
  publishedSoftCap: () => lipschitz.publishedSoftCap(wrong),
  lipschitzCertificate: () => lipschitz.lipschitzCertificate({ architecture: 'mlp', layers: [] }, wrong),
  publishedLipschitzEstimate: () => lipschitz.publishedLipschitzEstimate({ layer: 1 }, wrong),
  empiricalLipschitz: () => lipschitz.empiricalLipschitz((x) => x, matrix(), wrong),
  adversarialAccuracy: () => lipschitz.adversarialAccuracy((x) => x, matrix(), tf.ones([2]), wrong),
  activationMonitor: () => lipschitz.activationMonitor(() => 0, wrong),
  roundToFormat: () => lipschitz.roundToFormat(matrix(), 'bf16', wrong),
  spectralNormBound: () => lipschitz.spectralNormBound(matrix(), wrong),
  spectralNormEstimate: () => lipschitz.spectralNormEstimate(matrix(), wrong),
};

/** Functions without options, or that hand theirs on: `modulaMuon` and `nanochatMuon` to `muon`. */
const WITHOUT = [
  'Muon',
  'modulaMuon',
  'nanochatMuon',
  'cautious',
  'certifiedRadius',
  'decoupledWeightDecay',
  'describeGPT',
  'publishedHardCap',
  'publishedSoftCapCoupling',
  'softCap',
  'softCapCoupling',
];

describe('an option that does not exist', () => {
  it.each(Object.entries(CALLS))('is an error of %s, in JavaScript too', (name, call) => {
    expect(() => tf.tidy(() => void call())).toThrow(
      `${name}: option 'maxNrom' is unknown, expected one of '`,
    );
  });

  it('is looked for in every export', () => {
    expect([...Object.keys(CALLS), ...WITHOUT].sort()).toEqual(Object.keys(lipschitz).sort());
    expect(() => new lipschitz.Muon({ learning_rate: 1 } as never)).toThrow("Did you mean 'learningRate'?");
    expect(() => lipschitz.nanochatMuon({ lr: 1 } as never)).toThrow("muon: option 'lr' is unknown");
  });
});
