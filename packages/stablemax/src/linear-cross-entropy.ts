import { checkOptions, isConstant, linear } from '@evenkeel/ops';
import {
  add,
  cast,
  clone,
  concat,
  customGrad,
  dispose,
  equal,
  expandDims,
  type GradSaveFunc,
  greaterEqual,
  less,
  logicalAnd,
  matMul,
  mul,
  notEqual,
  range,
  reshape,
  type Scalar,
  slice,
  square,
  sub,
  sum,
  Tensor,
  type Tensor2D,
  tanh,
  tidy,
  transpose,
  util,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { type ClassScores, SOFTMAX, STABLEMAX } from './class-scores.js';
import {
  checkReduction,
  ofNothing,
  reduced,
  SPARSE_OPTIONS,
  type SparseCrossEntropyOptions,
} from './cross-entropy.js';
import { checkLabels, countedLabels, labelsAreReadable } from './labels.js';

/** A matrix of which some rows are made when they are needed, and freed after. It is a constant. */
export interface RowSource {
  readonly shape: readonly number[];
  rows(begin: number, count: number): Tensor;
}

export interface LinearCrossEntropyOptions extends SparseCrossEntropyOptions {
  /** Added to the logits, shape `[classes]`. */
  bias?: Tensor;
  /** c: logits are squeezed into (−c, c), c tanh(z / c), before everything. Default: not. */
  softcap?: number;
  /** e, 0 to below 1: the share of the target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
  /** ζ ≥ 0: adds ζ (log Σ f)², which keeps the normalizer near 1. Default 0. */
  zLoss?: number;
  /** How many classes are computed at once. Default: as many as make 2²² logits of all rows. */
  chunkSize?: number;
  /** The weight and bias are not trained: no gradient of them is computed. Default: whether the weight is a constant. */
  frozen?: boolean;
}

/**
 * Cross-entropy of softmax probabilities whose logits are a matrix product, without ever holding all logits: for
 * vocabularies of 10⁵ tokens.
 *
 *     z = x Wᵀ + b                                    f = exp
 *     L = (1 − e) (−log p_label) + e (log Σ f − mean log f) + ζ (log Σ f)²          averaged over the rows
 *
 * Equals {@link sparseSoftmaxCrossEntropy} of `linear(x, W, b)` but for rounding. Logits are computed piece by piece, and once
 * more for the gradient: one more product of that size for memory that does not grow with the number of classes. The
 * gradient of W is made in pieces too, and put together at the end; of a frozen weight there is none.
 *
 * @param labels int32, in the shape of `x` without its last axis, each 0 … classes − 1.
 * @param x Hidden states, shape `[..., width]`.
 * @param weight W, shape `[classes, width]`, or where its rows come from.
 * @param options `ignoreIndex` and `reduction` as in {@link sparseSoftmaxCrossEntropy}; others above.
 * @returns A scalar; with reduction 'none' the shape of `labels`.
 * @throws If shapes or dtype do not fit, an option is out of range, or a label is: on GPU backends the loss is NaN instead.
 * @see Milakov & Gimelshein, "Online normalizer calculation for softmax", 2018. https://arxiv.org/abs/1805.02867
 */
export function linearSoftmaxCrossEntropy(
  labels: Tensor,
  x: Tensor,
  weight: Tensor | RowSource,
  options: LinearCrossEntropyOptions = {},
): Scalar {
  return inPieces('linearSoftmaxCrossEntropy', SOFTMAX, labels, x, weight, options) as Scalar;
}

/**
 * The same for StableMax probabilities, f = s. Equals {@link sparseStablemaxCrossEntropy} of `linear(x, W, b)` but for
 * rounding. Smoothing and ζ are ours and not the paper's.
 *
 * @param labels As in {@link linearSoftmaxCrossEntropy}, as are the others.
 * @throws As there.
 */
export function linearStablemaxCrossEntropy(
  labels: Tensor,
  x: Tensor,
  weight: Tensor | RowSource,
  options: LinearCrossEntropyOptions = {},
): Scalar {
  return inPieces('linearStablemaxCrossEntropy', STABLEMAX, labels, x, weight, options) as Scalar;
}

const OPTIONS: Record<keyof LinearCrossEntropyOptions, true> = {
  ...SPARSE_OPTIONS,
  bias: true,
  softcap: true,
  labelSmoothing: true,
  zLoss: true,
  chunkSize: true,
  frozen: true,
};

/** How many logits are in memory at once, unless said otherwise: 16 MB. */
const LOGITS_AT_ONCE = 2 ** 22;

function inPieces(
  caller: string,
  scores: ClassScores,
  labels: Tensor,
  x: Tensor,
  weight: Tensor | RowSource,
  options: LinearCrossEntropyOptions,
): Tensor {
  const { reduction = 'mean', ignoreIndex } = options;
  checkOptions(caller, options, OPTIONS);
  checkReduction(caller, reduction);
  checkRanges(caller, options);
  checkShapes(caller, x, weight, options.bias);
  const [classes, width] = weight.shape;
  checkLabels(caller, labels, { shape: [...x.shape.slice(0, -1), classes], rank: x.rank }, ignoreIndex);
  const count = () => countedLabels(labels, ignoreIndex);
  if (labels.size === 0) {
    const inputs = [x, weight instanceof Tensor ? weight : undefined, options.bias].filter(
      (input) => input !== undefined,
    );
    return ofNothing(inputs, labels.shape, reduction, count);
  }
  const losses = () => {
    const flat = reshape(labels, [-1]);
    const each = lossOfRows(scores, flat, reshape(x, [-1, width]), weight, options);
    return reshape(masked(each, flat, classes, ignoreIndex), labels.shape);
  };
  return reduced(losses, reduction, count);
}

function lossOfRows(
  scores: ClassScores,
  labels: Tensor,
  x: Tensor,
  weight: Tensor | RowSource,
  options: LinearCrossEntropyOptions,
): Tensor {
  const { labelSmoothing: e = 0, zLoss = 0, bias, softcap } = options;
  const frozen = !(weight instanceof Tensor) || (options.frozen ?? isConstant(weight));
  const [rows, classes] = [labels.size, weight.shape[0]];
  const size = options.chunkSize ?? Math.max(1, Math.floor(LOGITS_AT_ONCE / rows));
  const starts = Array.from({ length: Math.ceil(classes / size) }, (_, i) => i * size);

  /** Of the classes from `start` on: rows of W, logits, and where the labels are. */
  const piece = (start: number, { x, W, b, labels }: Whole) => {
    const count = Math.min(size, classes - start);
    const rowsOfW = W instanceof Tensor ? slice(W, [start, 0], [count, -1]) : W.rows(start, count);
    const z = squeezed(linear(x, rowsOfW, b && slice(b, start, count)), softcap);
    const ids = range(start, start + count, 1, 'int32');
    return { rowsOfW, z, isOwn: cast(equal(expandDims(labels, 1), ids), 'float32') };
  };

  const value = (whole: Whole): { loss: Tensor; found: Found } => {
    let state = [zeros([rows]), zeros([rows]), ...scores.start(rows)];
    for (const start of starts) {
      const next = tidy(() => {
        const { z, isOwn } = piece(start, whole);
        const [own, logs, ...sums] = state;
        return [
          add(own, sum(mul(z, isOwn), 1)),
          e === 0 ? clone(logs) : add(logs, sum(scores.logScore(z), 1)),
          ...scores.add(sums, z, isOwn),
        ];
      });
      dispose(state);
      state = next;
    }
    const [own, logs, ...sums] = state;
    const logNormalizer = scores.logNormalizer(sums, own);
    const spread = () => sub(logNormalizer, mul(logs, 1 / classes));
    const surprise = scores.surprise(sums, own);
    const smooth = e === 0 ? surprise : add(mul(surprise, 1 - e), mul(spread(), e));
    const loss = zLoss === 0 ? smooth : add(smooth, mul(square(logNormalizer), zLoss));
    return { loss, found: { own, logNormalizer, sums } };
  };

  /** Of x, and unless frozen of W and b. The gradient of a logit is that of log f times p − y, and what smoothing and ζ add. */
  const gradients = (dy: Tensor, whole: Whole, { own, logNormalizer, sums }: Found): Tensor[] => {
    const share = expandDims(dy, 1);
    const pull = expandDims(mul(logNormalizer, 2 * zLoss), 1);
    let dx = zeros(whole.x.shape);
    const parts: { dW: Tensor; db?: Tensor }[] = [];
    for (const start of starts) {
      const made: { added: Tensor; dW?: Tensor; db?: Tensor } = tidy(() => {
        const { rowsOfW, z, isOwn } = piece(start, whole);
        const { p, excess } = scores.excess(sums, own, z, isOwn);
        let g = excess;
        if (zLoss > 0) g = add(g, mul(p, pull));
        if (e > 0) g = add(g, mul(sub(isOwn, 1 / classes), e));
        if (scores.slope) g = mul(g, scores.slope(z));
        if (softcap !== undefined) g = mul(g, sub(1, square(mul(z, 1 / softcap))));
        g = mul(g, share);
        const added = add(dx, matMul(g as Tensor2D, rowsOfW as Tensor2D));
        if (frozen) return { added };
        const dW = matMul(transpose(g), whole.x as Tensor2D);
        return { added, dW, db: whole.b ? sum(g, 0) : undefined };
      });
      dx.dispose();
      dx = made.added;
      if (made.dW) parts.push({ dW: made.dW, db: made.db });
    }
    if (frozen) return [dx];
    const dW = joined(parts.map((part) => part.dW));
    return whole.b ? [dx, dW, joined(parts.map((part) => part.db!))] : [dx, dW];
  };

  const op = customGrad((...inputs) => {
    const save = inputs.pop() as unknown as GradSaveFunc;
    const [x, W = weight, b = bias] = inputs as [Tensor, (Tensor | RowSource)?, Tensor?];
    const source = W instanceof Tensor ? undefined : W;
    const { loss, found } = value({ x, W, b, labels });
    save([
      x,
      source ? x : (W as Tensor),
      labels,
      found.own,
      found.logNormalizer,
      ...(b ? [b] : []),
      ...found.sums,
    ]);
    return {
      value: loss,
      gradFunc: (dy, [x, W, labels, own, logNormalizer, ...more]) =>
        tidy(() => {
          const b = bias && more[0];
          return gradients(
            dy,
            { x, W: source ?? W, b, labels },
            { own, logNormalizer, sums: more.slice(b ? 1 : 0) },
          );
        }),
    };
  });
  return op(x, ...(frozen ? [] : bias ? [weight as Tensor, bias] : [weight as Tensor]));
}

/** What a loss is computed from. */
interface Whole {
  readonly x: Tensor;
  readonly W: Tensor | RowSource;
  readonly b?: Tensor;
  readonly labels: Tensor;
}

/** What is known of all pieces together, per row. */
interface Found {
  readonly own: Tensor;
  readonly logNormalizer: Tensor;
  readonly sums: Tensor[];
}

/** 0 where a label is ignored, NaN where one is out of range and could not be read. */
function masked(losses: Tensor, labels: Tensor, classes: number, ignoreIndex?: number): Tensor {
  let known = losses;
  if (!labelsAreReadable()) {
    const isClass = logicalAnd(greaterEqual(labels, 0), less(labels, classes));
    known = where(isClass, losses, Number.NaN);
  }
  return ignoreIndex === undefined ? known : where(notEqual(labels, ignoreIndex), known, 0);
}

const squeezed = (z: Tensor, softcap?: number): Tensor =>
  softcap === undefined ? z : mul(tanh(mul(z, 1 / softcap)), softcap);

/** Pieces as one, and freed. */
function joined(parts: Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  const whole = concat(parts);
  dispose(parts);
  return whole;
}

function checkShapes(caller: string, x: Tensor, weight: Tensor | RowSource, bias?: Tensor): void {
  const [classes, width] = weight.shape;
  const fits =
    weight.shape.length === 2 &&
    x.rank >= 1 &&
    x.shape[x.rank - 1] === width &&
    (bias === undefined || util.arraysEqual(bias.shape, [classes]));
  if (fits) return;
  throw new Error(
    `${caller}: x has shape [${x.shape}], weight [${weight.shape}]${bias ? ` and bias [${bias.shape}]` : ''}, expected ` +
      `[..., width], [classes, width]${bias ? ' and [classes]' : ''}. Transpose the weight if it is stored as [width, classes].`,
  );
}

function checkRanges(
  caller: string,
  { softcap, labelSmoothing = 0, zLoss = 0, chunkSize = 1 }: LinearCrossEntropyOptions,
): void {
  const check = (holds: boolean, name: string, value: unknown, expected: string, advice: string) => {
    if (!holds) throw new Error(`${caller}: ${name} is ${value}, expected ${expected}. ${advice}.`);
  };
  const isPositive = softcap === undefined || (Number.isFinite(softcap) && softcap > 0);
  check(isPositive, 'softcap', softcap, 'a number > 0', 'Typical is 30');
  check(
    labelSmoothing >= 0 && labelSmoothing < 1,
    'labelSmoothing',
    labelSmoothing,
    '0 to below 1',
    'Typical is 0.1',
  );
  check(zLoss >= 0 && Number.isFinite(zLoss), 'zLoss', zLoss, 'a number ≥ 0', 'Typical is 1e-4');
  check(
    Number.isInteger(chunkSize) && chunkSize >= 1,
    'chunkSize',
    chunkSize,
    'a whole number ≥ 1',
    'Leave it out',
  );
}
