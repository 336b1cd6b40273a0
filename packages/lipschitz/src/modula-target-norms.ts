import { checkOptions } from '@evenkeel/ops';
import { checkNumber } from '@evenkeel/optim';

export interface ModulaTargetNormsOptions {
  /**
   * The mass of all blocks together, where embedding and head have 1 each; > 0. Default 5, published 16 on Shakespeare.
   */
  blocksMass?: number;
  /** What attention scores q·k / headDim are multiplied by, > 0: attentionScale · headDim of a GPT. Default 1. */
  softmaxScale?: number;
  /** What the output of attention is multiplied by, > 0. Default 1/3, as published. */
  valueScale?: number;
  /** Residuals have the weight residualScale / (2 · layers), > 0. Default 1. */
  residualScale?: number;
  /** What logits are multiplied by, > 0. Default 1. */
  finalScale?: number;
  /** How many blocks the model has. Needed where they do not all get the same: see {@link modulaTargetNorms}. */
  layers?: number;
  /** Whose norms to give, 0 for the first block. Default the last one. */
  layer?: number;
}

export interface ModulaTargetNorms {
  /** Token embedding, and the head. */
  readonly embedding: number;
  readonly head: number;
  readonly query: number;
  readonly key: number;
  readonly value: number;
  /** Attention's output. */
  readonly output: number;
  readonly mlpIn: number;
  readonly mlpOut: number;
}

/**
 * How Modula shares out one step's norm among the weights of its GPT, for `muon({ targetNorm })`.
 *
 *     M = blocksMass + 2,     a = residualScale / (2 · layers)
 *     β = 1 − a + a · valueScale (1 + 2 softmaxScale)                       how much a block amplifies
 *     n = blocksMass / (3 M · finalScale · residualScale · β^(layers − 1 − layer))
 *     output, mlpIn, mlpOut: n;     value: n / valueScale;     query, key: n / (valueScale · softmaxScale)
 *     head: 1 / (M · finalScale);     embedding: 1 / (M · finalScale · β^layers)
 *
 * A weight gets its share of the mass, divided by how much all that comes after it amplifies. With the published scales
 * β is 1: then every block gets the same, however many there are, and `layers` can be left out.
 *
 * @throws If a number is out of range, or β depends on `layers` and they are missing.
 * @see Large et al., "Scalable Optimization in the Modular Norm", 2024, section 3; Newhouse et al. 2025, reference code,
 *     `GPT` and `CompositeModule.dualize`. There valueScale is always 1/3.
 */
export function modulaTargetNorms(options: ModulaTargetNormsOptions = {}): ModulaTargetNorms {
  checkOptions('modulaTargetNorms', options, OPTIONS);
  const {
    blocksMass = 5,
    softmaxScale = 1,
    valueScale = 1 / 3,
    residualScale = 1,
    finalScale = 1,
    layers,
    layer,
  } = options;
  const where = 'modulaTargetNorms';
  for (const [name, value] of Object.entries({
    blocksMass,
    softmaxScale,
    valueScale,
    residualScale,
    finalScale,
  })) {
    checkNumber(where, name, value, { above: 0, below: Infinity, typical: name === 'blocksMass' ? 5 : 1 });
  }
  const amplification = valueScale * (1 + 2 * softmaxScale);
  const isNeutral = Math.abs(amplification - 1) < 1e-12;
  const count = isNeutral ? (layers ?? 1) : checkNumber(where, 'layers', layers as number, WHOLE);
  checkNumber(where, 'layers', count, WHOLE);
  const index = layer ?? count - 1;
  checkNumber(where, 'layer', index, { atLeast: 0, below: layers ?? Infinity, integer: true, typical: 0 });

  const alpha = residualScale / (2 * count);
  const perBlock = isNeutral ? 1 : 1 - alpha + alpha * amplification;
  const mass = blocksMass + 2;
  const narrow = blocksMass / (3 * mass * finalScale * residualScale * perBlock ** (count - 1 - index));
  const value = narrow / valueScale;
  return {
    embedding: 1 / (mass * finalScale * perBlock ** count),
    head: 1 / (mass * finalScale),
    query: value / softmaxScale,
    key: value / softmaxScale,
    value,
    output: narrow,
    mlpIn: narrow,
    mlpOut: narrow,
  };
}

const OPTIONS: Record<keyof ModulaTargetNormsOptions, true> = {
  blocksMass: true,
  softmaxScale: true,
  valueScale: true,
  residualScale: true,
  finalScale: true,
  layers: true,
  layer: true,
};

const WHOLE = { atLeast: 1, integer: true, typical: 3 } as const;
