/** Which tokens may be drawn, and how boldly. All are optional; none of them changes nothing. */
export interface FilterOptions {
  /**
   * Which tokens exist: how many, the first ones, or for each token whether it does, as a list of booleans or of numbers
   * that are not 0. A model may have more rows than its tokenizer has tokens: what cannot be decoded is not drawn. Default
   * all.
   */
  readonly allowedTokens?: number | ArrayLike<boolean | number>;
  /** Divides logits: below 1 bolder in favour of likely tokens, above 1 more even; 0 only the likeliest. Default 1. */
  readonly temperature?: number;
  /** Keeps this many tokens, the likeliest. 0 keeps all. Default 0. */
  readonly topK?: number;
  /** Keeps the smallest set of likeliest tokens with at least this probability, above 0 to 1. Default 1, all. */
  readonly topP?: number;
  /** Keeps tokens at least this share as likely as the likeliest, 0 to 1. Default 0, all. */
  readonly minP?: number;
  /** Divides positive and multiplies negative logits of tokens that came before, > 0. Default 1. */
  readonly repetitionPenalty?: number;
  /** The tokens that came before; each counts once. */
  readonly previousTokens?: Iterable<number>;
}

/**
 * Takes tokens out of the draw.
 *
 * In this order: tokens that do not exist, repetition penalty, temperature, top-k, top-p among the rest, min-p among the
 * rest. A removed token gets −∞, so that the softmax of the result is the distribution to draw from.
 *
 *     allowed        l where the token exists
 *     penalty        lᵢ ← lᵢ / p if lᵢ ≥ 0, else lᵢ p          i came before
 *     temperature    l ← l / T                                T = 0: only the first of the largest stays
 *     top-k          l ≥ k-th largest; of equal ones the first
 *     top-p          tokens in falling order while the mass before them is < p; the first always
 *     min-p          pᵢ ≥ minP · max p
 *
 * Computed in float64.
 *
 * @param logits One number per token; −∞ is a token already removed.
 * @returns As many numbers as `logits`, which is left as it is.
 * @throws If an option is out of range, or no logit of a token that exists is finite.
 */
export function filterLogits(logits: ArrayLike<number>, options: FilterOptions = {}): number[] {
  const { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1, previousTokens } = options;
  checkFilterOptions('filterLogits', options);
  const scores = allowed(logits, options.allowedTokens);
  requireFinite(scores);
  if (previousTokens && repetitionPenalty !== 1) penalize(scores, previousTokens, repetitionPenalty);
  if (temperature === 0) return only(scores, [scores.indexOf(largest(scores))]);

  const scaled = scores.map((score) => score / temperature);
  let kept = scaled;
  if (topK > 0 && topK < kept.length) kept = only(scaled, likeliest(kept, topK));
  if (topP < 1) kept = only(scaled, nucleus(kept, topP));
  if (minP === 0) return kept;
  const least = largest(kept) + Math.log(minP);
  return kept.map((score) => (score >= least ? score : Number.NEGATIVE_INFINITY));
}

/** Checks the options of {@link filterLogits}, so that {@link generate} fails before it starts. */
export function checkFilterOptions(
  where: string,
  {
    allowedTokens = Infinity,
    temperature = 1,
    topK = 0,
    topP = 1,
    minP = 0,
    repetitionPenalty = 1,
  }: FilterOptions,
): void {
  const count =
    typeof allowedTokens === 'number' ? allowedTokens : Array.from(allowedTokens).findIndex(Boolean) + 1;
  if (!(count >= 1) || (count % 1 !== 0 && count !== Infinity)) {
    throw new Error(
      `${where}: allowedTokens is ${typeof allowedTokens === 'number' ? allowedTokens : 'a list without any token'}, expected ` +
        `a whole number ≥ 1, or a list that allows one. Pass the tokenizer's vocabSize.`,
    );
  }
  const check = (holds: boolean, name: string, value: number, expected: string, advice: string) => {
    if (!holds) throw new Error(`${where}: ${name} is ${value}, expected ${expected}. ${advice}.`);
  };
  const finite = Number.isFinite;
  check(
    finite(temperature) && temperature >= 0,
    'temperature',
    temperature,
    'a number ≥ 0',
    'Typical is 0.8',
  );
  check(Number.isInteger(topK) && topK >= 0, 'topK', topK, 'a whole number ≥ 0', '0 keeps all tokens');
  check(topP > 0 && topP <= 1, 'topP', topP, 'above 0 and at most 1', '1 keeps all tokens');
  check(minP >= 0 && minP <= 1, 'minP', minP, '0 to 1', '0 keeps all tokens');
  check(
    finite(repetitionPenalty) && repetitionPenalty > 0,
    'repetitionPenalty',
    repetitionPenalty,
    'a number > 0',
    '1 is none, above 1 discourages',
  );
}

/** −∞ for what does not exist, whatever the model says of it. */
function allowed(logits: ArrayLike<number>, tokens: FilterOptions['allowedTokens']): number[] {
  const scores = Array.from(logits);
  if (tokens === undefined) return scores;
  const exists = (id: number) => (typeof tokens === 'number' ? id < tokens : Boolean(tokens[id]));
  return scores.map((score, id) => (exists(id) ? score : Number.NEGATIVE_INFINITY));
}

function requireFinite(scores: readonly number[]): void {
  const wrong = scores.findIndex((score) => Number.isNaN(score) || score === Infinity);
  if (wrong >= 0 || !scores.some(Number.isFinite)) {
    throw new Error(
      `filterLogits: ${wrong >= 0 ? `logit ${wrong} is ${scores[wrong]}` : 'no logit is finite'}, expected finite ` +
        `numbers, or -Infinity for some. Check that the model's weights are finite.`,
    );
  }
}

function penalize(scores: number[], previousTokens: Iterable<number>, penalty: number): void {
  for (const token of new Set(previousTokens)) {
    if (!Number.isInteger(token) || token < 0 || token >= scores.length) {
      throw new Error(
        `filterLogits: previousTokens contains ${token}, expected 0 to ${scores.length - 1}. Pass token ids.`,
      );
    }
    scores[token] = scores[token] >= 0 ? scores[token] / penalty : scores[token] * penalty;
  }
}

/** A loop, since an argument list of a whole vocabulary overflows the stack. */
const largest = (scores: readonly number[]): number => scores.reduce((a, b) => Math.max(a, b), -Infinity);

/** The tokens of the `count` largest scores. */
function likeliest(scores: readonly number[], count: number): number[] {
  const threshold = Float64Array.from(scores).sort()[scores.length - count];
  return descending(scores, threshold).slice(0, count);
}

/**
 * The fewest likeliest tokens whose mass reaches `topP`. Tokens of less than (1 − topP) / n each have less
 * than 1 − topP together, so they cannot be among them and are not sorted.
 */
function nucleus(scores: readonly number[], topP: number): number[] {
  const most = largest(scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  const least = most + Math.log(((1 - topP) * total) / scores.length);
  let before = 0;
  return descending(scores, Math.min(least, most)).filter((i, rank) => {
    const keeps = rank === 0 || before < topP * total;
    before += Math.exp(scores[i] - most);
    return keeps;
  });
}

/** Tokens of at least a score, by falling score; equal ones in the order of their ids, removed ones left out. */
function descending(scores: readonly number[], least: number): number[] {
  return [...scores.keys()]
    .filter((i) => scores[i] >= least && scores[i] > -Infinity)
    .sort((i, j) => scores[j] - scores[i] || i - j);
}

function only(scores: readonly number[], kept: readonly number[]): number[] {
  const filtered = new Array<number>(scores.length).fill(Number.NEGATIVE_INFINITY);
  for (const i of kept) filtered[i] = scores[i];
  return filtered;
}

/**
 * Draws a token from the softmax of filtered logits.
 *
 * @param logits As {@link filterLogits} returns them.
 * @param random Returns a number from 0 to below 1.
 */
export function drawToken(logits: readonly number[], random: () => number): number {
  const most = largest(logits);
  const weights = logits.map((score) => Math.exp(score - most));
  let left = random() * weights.reduce((a, b) => a + b, 0);
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    left -= weights[i];
    if (left < 0) break;
  }
  return last;
}
