import { checkOptions } from '@evenkeel/ops';
import { type Constraint, checkNumber } from '@evenkeel/optim';
import {
  concat,
  div,
  maximum,
  min,
  mul,
  ones,
  pow,
  reshape,
  Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  tile,
  type Variable,
} from '@tensorflow/tfjs-core';

/** Some rows of each head of a projection, and with which power of the head's factor they shrink. */
export interface HeadRows {
  rows: number;
  power: number;
}

/**
 * What a weight or bias projects to: queries, keys, both and values in one matrix (queries first), or a pattern that is
 * repeated for each head, as multi-head latent attention has it.
 */
export type QkPart = 'query' | 'key' | 'queryKeyValue' | readonly HeadRows[];

export interface QkClipOptions {
  /** What a parameter projects to; undefined for those that pass unchanged. */
  part: (param: Variable) => QkPart | undefined;
  /**
   * The largest attention score of each head of the parameter's layer in the last forward pass, as softmax sees it:
   * `[heads]`, a tensor or numbers. See {@link largestScores}. Undefined where nothing is known.
   */
  scores: (param: Variable) => Tensor | readonly number[] | undefined;
  /** Heads of queries. */
  heads: number;
  /** Heads of keys, which divide `heads`. Default `heads`. */
  kvHeads?: number;
  /** τ: where clipping begins, > 0. Default 100, as Kimi K2. */
  maxScore?: number;
  /** α: the share of the clipping that queries take, in [0, 1]; keys take the rest. Default 0.5. */
  balance?: number;
  /**
   * How query heads share a key head:
   * - `'minGamma'`: each query head takes its own share, the key that of the head that needs most (LLM-quest);
   * - `'group'`: all take that of the head that needs most (Megatron);
   * - `'queryOnly'`: each query head takes all of its own, and keys stay: heads that need none are left alone.
   *
   * Without sharing the first two are the same, the published rule. Default `'minGamma'`.
   */
  rule?: 'minGamma' | 'group' | 'queryOnly';
  /** As in {@link MatrixOptions}. Default `'outIn'`. */
  layout?: 'outIn' | 'inOut';
}

/**
 * Shrinks the queries and keys of heads whose attention scores are too large, so that attention cannot explode. (QK-Clip)
 *
 *     γ = τ / max(S, τ) per head,     W_Q ← γ^α W_Q,     W_K ← γ^(1−α) W_K
 *
 * Scores are products of the two, so the same batch has scores of at most τ afterwards. Heads below τ keep every bit. Rotary
 * positions change nothing. Give biases of queries and keys too: they are scaled with their rows.
 *
 * @throws If an option is out of range; at the step, if there are not as many scores as heads, or the rows of a
 *     parameter do not split into heads.
 * @see Kimi Team, "Kimi K2", 2025, section 2.1. https://arxiv.org/abs/2507.20534. They define it for multi-head latent
 *     attention, whose shared rotary key stays: query rows have powers α and 1, key rows 1 − α, values 0.
 */
export function qkClip(options: QkClipOptions): Constraint {
  checkOptions('qkClip', options, OPTIONS);
  const {
    part,
    scores,
    heads,
    kvHeads = heads,
    maxScore = 100,
    balance = 0.5,
    rule = 'minGamma',
    layout = 'outIn',
  } = options;
  const where = 'qkClip';
  checkNumber(where, 'heads', heads, { atLeast: 1, integer: true, typical: 8 });
  checkNumber(where, 'kvHeads', kvHeads, { atLeast: 1, integer: true, typical: 8 });
  checkNumber(where, 'maxScore', maxScore, { above: 0, below: Infinity, typical: 100 });
  checkNumber(where, 'balance', balance, { atLeast: 0, atMost: 1, typical: 0.5 });
  if (heads % kvHeads !== 0) {
    throw new Error(`${where}: kvHeads is ${kvHeads}, expected a divisor of heads, ${heads}.`);
  }
  if (!['minGamma', 'group', 'queryOnly'].includes(rule)) {
    throw new Error(`${where}: rule is '${rule}', expected 'minGamma', 'group' or 'queryOnly'.`);
  }

  /** What each head of queries and of keys is multiplied by. */
  const factorsOf = (gamma: Tensor1D): { query: Tensor; key: Tensor } => {
    if (rule === 'queryOnly') return { query: gamma, key: ones([kvHeads]) };
    const shared = min(reshape(gamma, [kvHeads, -1]), 1);
    const own = rule === 'group' ? repeated(shared, heads / kvHeads) : gamma;
    return { query: pow(own, balance), key: pow(shared, 1 - balance) };
  };

  /** What each output is multiplied by, [outputs]. */
  const perOutput = (part: QkPart, gamma: Tensor1D, outputs: number, param: Variable): Tensor => {
    const rowsOf = (count: number) => {
      if (outputs % count === 0) return outputs / count;
      throw new Error(
        `${where}: '${param.name}' has ${outputs} outputs, expected a multiple of ${count} for ` +
          `${heads} heads and ${kvHeads} of keys. Pass the model's numbers of heads.`,
      );
    };
    if (typeof part !== 'string') {
      const rows = part.reduce((sum, { rows }) => sum + rows, 0);
      if (rowsOf(heads) !== rows) {
        throw new Error(
          `${where}: '${param.name}' has ${outputs / heads} rows per head and its part ${rows}, expected the same. ` +
            'Give all rows of a head, those that stay with power 0.',
        );
      }
      const columns = part.map(({ rows, power }) => tile(reshape(pow(gamma, power), [heads, 1]), [1, rows]));
      return reshape(concat(columns, 1), [outputs]);
    }
    const { query, key } = factorsOf(gamma);
    if (part === 'query') return repeated(query, rowsOf(heads));
    if (part === 'key') return repeated(key, rowsOf(kvHeads));
    const size = rowsOf(heads + 2 * kvHeads);
    return concat([repeated(query, size), repeated(key, size), ones([kvHeads * size])]);
  };

  return (value, param) => {
    const projects = part(param);
    const found = projects && scores(param);
    if (!projects || !found || value.size === 0) return value;
    return tidy(() => {
      const largest = found instanceof Tensor ? found : tensor1d([...found]);
      if (largest.size !== heads) {
        throw new Error(
          `${where}: ${largest.size} scores came for '${param.name}', expected ${heads}, one per head of queries.`,
        );
      }
      const gamma = div<Tensor1D>(maxScore, maximum(reshape(largest, [heads]), maxScore));
      const axis = layout === 'inOut' ? value.rank - 1 : 0;
      const shape = value.shape.map((length, i) => (i === axis ? length : 1));
      return mul(value, reshape(perOutput(projects, gamma, value.shape[axis], param), shape));
    });
  };
}

const OPTIONS: Record<keyof QkClipOptions, true> = {
  part: true,
  scores: true,
  heads: true,
  kvHeads: true,
  maxScore: true,
  balance: true,
  rule: true,
  layout: true,
};

/** Each entry `times` times in a row: [a, b] → [a, a, b, b]. */
const repeated = (x: Tensor, times: number): Tensor => reshape(tile(reshape(x, [-1, 1]), [1, times]), [-1]);
