import {
  embeddingNormCap,
  exactSpectralCap,
  type MatrixConstraint,
  modulaEmbedding,
  modulaMuon,
  modulaTargetNorms,
  publishedSoftCap,
  spectralNormalize,
} from '@evenkeel/lipschitz';
import {
  addDecayedWeights,
  type Constraint,
  chain,
  named,
  partition,
  perParam,
  scaleByLearningRate,
  type Transform,
  TransformOptimizer,
} from '@evenkeel/optim';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { it } from 'vitest';
import g7 from '../fixtures/g7_modula_training.json' with { type: 'json' };
import { type GoldenWeights, type ModulaHyper, modelWith, modulaConfig, modulaName } from '../test/golden.js';

interface Inputs {
  token_stream: GoldenTensor;
  batch_start_indices: GoldenTensor;
  init_weights: GoldenWeights;
  power_iteration_start_vectors: Record<string, GoldenTensor>;
}
interface Hyper extends ModulaHyper {
  seq_len: number;
  blocks_mass: number;
  max_embed_inflation_factor: number;
  optimizer: 'muon' | 'adam';
  project: 'soft_cap' | 'pure_svd' | 'none' | 'spec_normalize';
  w_max: number;
  wd: number;
  beta1: number;
  beta2: number;
}
interface Expected {
  loss_per_step: GoldenTensor;
  lr_per_step: number[];
  final_weights: GoldenWeights;
}

const isEmbedding = named(/embed\.weight$/);

/** How Modula shares out a step, by our names. */
function targetNormOf(name: string, blocksMass: number): number {
  const norms = modulaTargetNorms({ blocksMass });
  if (/head\.weight$/.test(name)) return norms.head;
  if (/attention\.[qkv]\.weight$/.test(name)) return norms.query;
  return /embed\.weight$/.test(name) ? norms.embedding : norms.output;
}

/** Modula's Adam: no bias corrections. */
const plainAdam = (beta1: number, beta2: number): Transform =>
  perParam('plainAdam', ['m', 'v'], (g, slots) => {
    const m = tf.add(tf.mul(slots.m, beta1), tf.mul(g, 1 - beta1)) as tf.Tensor;
    const v = tf.add(tf.mul(slots.v, beta2), tf.mul(tf.square(g), 1 - beta2)) as tf.Tensor;
    return [tf.div(m, tf.add(tf.sqrt(v), 1e-12)), { m, v }];
  });

function transformOf(hyper: Hyper, rates: readonly number[]): Transform {
  const { beta1, beta2, blocks_mass, max_embed_inflation_factor: maxInflation, wd: weightDecay } = hyper;
  const learningRate = (step: number) => rates[step];
  if (hyper.optimizer === 'adam') {
    // Decay is in units of each weight's share of the step.
    const groups = [...new Set(['embed.weight', '0.attention.q.weight', '0.mlp.up.weight'])];
    const byTarget = groups.map((name) => [
      String(targetNormOf(name, blocks_mass)),
      chain(
        plainAdam(beta1, beta2),
        addDecayedWeights(weightDecay * targetNormOf(name, blocks_mass)),
        scaleByLearningRate(learningRate),
      ),
    ]);
    return partition(Object.fromEntries(byTarget), ({ name }) => String(targetNormOf(name, blocks_mass)));
  }
  const targetNorm = ({ name }: tf.Variable) => targetNormOf(name, blocks_mass);
  return partition(
    {
      embedding: modulaEmbedding({
        learningRate,
        momentum: beta1,
        weightDecay,
        maxInflation,
        targetNorm: modulaTargetNorms({ blocksMass: blocks_mass }).embedding,
      }),
      matrices: modulaMuon({ learningRate, momentum: beta1, weightDecay, targetNorm }),
    },
    (param) => (isEmbedding(param) ? 'embedding' : 'matrices'),
  );
}

function constraintOf(
  { project, w_max, wd, blocks_mass }: Hyper,
  vectors: Record<string, GoldenTensor>,
): Constraint {
  const matrices: Record<Hyper['project'], Constraint> = {
    none: (value) => value,
    pure_svd: exactSpectralCap(),
    // The reference's cap is coupled to the step of each weight, learning rate times target norm.
    soft_cap: (value, param, step) => {
      const learningRate = step.learningRate! * targetNormOf(param.name, blocks_mass);
      return publishedSoftCap({ maxNorm: w_max, weightDecay: wd })(value, param, { ...step, learningRate });
    },
    spec_normalize: (value) => {
      const { data } = vectors[Math.min(...value.shape)];
      const normalize: MatrixConstraint = spectralNormalize({ startVector: tf.tensor1d(data) });
      return normalize(value);
    },
  };
  return (value, param, step) =>
    isEmbedding(param) ? embeddingNormCap()(value) : matrices[project](value, param, step);
}

describeOnBackends('GPT in training as published', () => {
  const cases = goldenCases<Inputs, Hyper, Expected>(g7);
  it.each(cases)('follows ten steps of Modula: $name', ({ inputs, hyper, expected, tolerance }) => {
    const model = modelWith(modulaConfig(hyper, hyper.seq_len), inputs.init_weights, modulaName);
    const optimizer = new TransformOptimizer(
      transformOf(hyper, expected.lr_per_step),
      constraintOf(hyper, inputs.power_iteration_start_vectors),
    );
    const [steps, batch] = inputs.batch_start_indices.shape;
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const starts = inputs.batch_start_indices.data.slice(step * batch, (step + 1) * batch);
      const rows = (shift: number) =>
        starts.map((i) => inputs.token_stream.data.slice(i + shift, i + shift + hyper.seq_len));
      const labels = tf.tensor2d(rows(1), undefined, 'int32');
      const loss = optimizer.minimize(
        () => sparseSoftmaxCrossEntropy(labels, model.forward(rows(0))) as tf.Scalar,
        true,
        model.variables,
      );
      losses.push(loss!.dataSync()[0]);
    }
    expectClose(losses, expected.loss_per_step.data, tolerance('loss_per_step'));
    for (const [name, variable] of model.parameters) {
      const want = expected.final_weights[modulaName(name)];
      if (!want) continue;
      const value = modulaName(name) === 'embed' ? tf.transpose(variable) : variable;
      expectClose(value, want.data, tolerance(`final_weights.${modulaName(name)}`));
    }
    optimizer.dispose();
    model.dispose();
  });
});
