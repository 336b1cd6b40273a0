import { checkOptions } from '@evenkeel/ops';
import { matrixValues } from '../matrix-values.js';
import type { LipschitzTransformerDescription, ModelDescription } from './model-description.js';
import { boundWeight, largestColumnRms } from './weight-norms.js';

/** RMS → RMS norms under the names of the published code: embed, out, and q0, k0, v0, w0, mlp_in0, mlp_out0, q1, …. */
export type PublishedNorms = Readonly<Record<string, number>>;

export interface PublishedLipschitzEstimate {
  /** Infinity from 10³⁰⁸ on. */
  lipschitz: number;
  log10Lipschitz: number;
  /** What the formula takes for the size of the residual stream: at first, and after each attention and MLP. */
  activationRms: number[];
}

export interface PublishedLipschitzOptions {
  /** Multiplies the attention scores. Default 1, or the model's. */
  softmaxScale?: number;
}

/**
 * The Lipschitz constant as the published code computes it. **Not a bound**: {@link lipschitzCertificate} is.
 *
 *     a = 1/(2 · blocks),  act₀ = 1
 *     Latt = scale/3 · w (v + 2 v act² q k)          then act ← act · (1−a + a w v / 3)
 *     Lmlp = out · in / 1.1289                       then act ← act · (1−a + a out in / 1.1289)
 *     L = embed · Π (1−a + a Latt) (1−a + a Lmlp) · out
 *
 * For comparison with published figures. It misses the heads, counts 1/1.1289 twice, shrinks the value path with
 * the softmax scale, and ignores the model's residual weight, value scale and final scale; docs/certificate.md has
 * counterexamples. For an MLP it is the product of the norms.
 *
 * @param norms Under the published names, or the description of a model, whose norms are then bounded.
 * @throws If norms of a block are missing or no numbers ≥ 0.
 * @see Newhouse et al., 2025, https://github.com/Arongil/lipschitz-transformers, `utils.calculate_lipschitz_constant`.
 */
export function publishedLipschitzEstimate(
  norms: PublishedNorms | ModelDescription,
  options: PublishedLipschitzOptions = {},
): PublishedLipschitzEstimate {
  checkOptions('publishedLipschitzEstimate', options, OPTIONS);
  if (!isDescription(norms)) return estimate(norms, options.softmaxScale ?? 1);
  if (norms.architecture === 'mlp') {
    const layers = norms.layers.map(({ weight }, i) => [`mlp_${i}`, boundWeight(weight, `layer ${i}`).rms]);
    return estimate(Object.fromEntries(layers), 1);
  }
  return estimate(transformerNorms(norms), options.softmaxScale ?? norms.scale ?? 1);
}

const OPTIONS: Record<keyof PublishedLipschitzOptions, true> = { softmaxScale: true };

const isDescription = (norms: PublishedNorms | ModelDescription): norms is ModelDescription =>
  typeof norms.architecture === 'string';

function estimate(norms: PublishedNorms, scale: number): PublishedLipschitzEstimate {
  for (const [name, norm] of Object.entries(norms)) requireNorm(name, norm);
  const blocks = Object.keys(norms).filter((name) => /^q\d+$/.test(name)).length;
  const norm = (name: string) => requireNorm(name, norms[name]);
  if (Object.keys(norms).length === 0) requireNorm('embed', undefined);
  if (blocks === 0 && !('embed' in norms)) return product(Object.values(norms), []);

  const a = 1 / (2 * blocks);
  const factors = [norm('embed')];
  const activationRms = [1];
  for (let l = 0; l < blocks; l++) {
    const act = activationRms[2 * l];
    const [q, k, v, w] = ['q', 'k', 'v', 'w'].map((name) => norm(`${name}${l}`));
    const mlp = (norm(`mlp_out${l}`) * norm(`mlp_in${l}`)) / 1.1289;
    const attention = (scale / 3) * w * (v + 2 * v * act ** 2 * q * k);
    factors.push(1 - a + a * attention, 1 - a + a * mlp);
    activationRms.push(act * (1 - a + (a * w * v) / 3));
    activationRms.push(activationRms[2 * l + 1] * (1 - a + a * mlp));
  }
  return product([...factors, norm('out')], activationRms);
}

function product(factors: number[], activationRms: number[]): PublishedLipschitzEstimate {
  return {
    lipschitz: factors.reduce((all, factor) => all * factor, 1),
    log10Lipschitz: factors.reduce((sum, factor) => sum + Math.log10(factor), 0),
    activationRms,
  };
}

function requireNorm(name: string, norm: number | undefined): number {
  if (norm !== undefined && norm >= 0) return norm;
  throw new Error(
    `publishedLipschitzEstimate: the norm '${name}' is ${norm}, expected a number ≥ 0. Give every norm of every block.`,
  );
}

function transformerNorms(model: LipschitzTransformerDescription): PublishedNorms {
  const names = {
    q: 'query',
    k: 'key',
    v: 'value',
    w: 'output',
    mlp_in: 'mlpIn',
    mlp_out: 'mlpOut',
  } as const;
  const blocks = model.blocks.flatMap((block, l) =>
    Object.entries(names).map(([short, name]) => [
      `${short}${l}`,
      boundWeight(block[name], `blocks.${l}.${name}`).rms,
    ]),
  );
  // The published norm of the head: the largest RMS of a row, which is no operator norm.
  const { data, shape } = matrixValues(model.head, 'publishedLipschitzEstimate', 'head');
  const columns = Array.from(
    { length: data.length },
    (_, i) => data[(i % shape[0]) * shape[1] + Math.floor(i / shape[0])],
  );
  return {
    ...Object.fromEntries(blocks),
    embed: largestColumnRms(boundWeight(model.embedding, 'embedding').values),
    out: largestColumnRms({ shape: [shape[1], shape[0]], data: columns }),
  };
}
