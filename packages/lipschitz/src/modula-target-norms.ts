import { checkNumber } from '@evenkeel/optim';

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
 *     M = blocksMass + 2;   embedding, head: 1 / M;   query, key, value: blocksMass / M;   others: blocksMass / 3M
 *
 * The same for every block, however many there are: each block's residual weight, 1/2L, cancels its share of the mass.
 *
 * @param blocksMass The mass of all blocks together, where embedding and head have 1 each; > 0. Published: 16 on
 *     Shakespeare, default 5.
 * @see Large et al., "Scalable Optimization in the Modular Norm", 2024, section 3; Newhouse et al. 2025, reference code.
 */
export function modulaTargetNorms({ blocksMass = 5 }: { blocksMass?: number } = {}): ModulaTargetNorms {
  checkNumber('modulaTargetNorms', 'blocksMass', blocksMass, { above: 0, below: Infinity, typical: 5 });
  const mass = blocksMass + 2;
  const [end, wide, narrow] = [1 / mass, blocksMass / mass, blocksMass / (3 * mass)];
  return {
    embedding: end,
    head: end,
    query: wide,
    key: wide,
    value: wide,
    output: narrow,
    mlpIn: narrow,
    mlpOut: narrow,
  };
}
