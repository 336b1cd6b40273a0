import { checkOptions, checkWhole, show } from './check.js';
import type { Examples } from './examples.js';

/** What is done to a and b. */
export type Operation = 'add' | 'subtract' | 'multiply' | 'divide';

export interface ModularArithmeticOptions {
  /** p, 2 … 4096; for `divide` a prime. Default 113. */
  modulus?: number;
  /** What is done to a and b. Default 'add'. */
  operation?: Operation;
}

/** Pairs (a, b) with the label (a ∘ b) mod p. */
export interface ModularExamples extends Examples {
  /** p. */
  readonly modulus: number;
  /** ∘ by its name. */
  readonly operation: Operation;
  /** ∘ as a sign, for titles: `+`. */
  readonly operator: string;
}

const OPERATORS: Record<Operation, string> = { add: '+', subtract: '-', multiply: '*', divide: '/' };

/** Keeps the number of pairs, and every product of two residues, at 2²⁴ or less. */
const MAX_MODULUS = 4096;

/**
 * All pairs of residues and what an operation makes of them: the task on which grokking was found.
 *
 *     add        (a + b) mod p       row = a p + b            a, b = 0 … p − 1
 *     subtract   (a − b) mod p
 *     multiply   (a b) mod p
 *     divide     (a b⁻¹) mod p       row = a (p − 1) + b − 1  b = 1 … p − 1, p prime
 *
 * The label of `divide` is the c with c b = a (mod p). Every label lies in 0 … p − 1, that of
 * `subtract` too. A network that has seen part of the pairs can answer the rest only by finding the rule.
 *
 * @returns p² examples, p (p − 1) for `divide`: `inputs` is `[size, 2]`, `values` and `classes` are p.
 * @throws If an option is unknown or out of range, or `divide` meets a modulus that is not prime.
 * @see Power et al., "Grokking: Generalization Beyond Overfitting on Small Algorithmic Datasets", 2022.
 *     https://arxiv.org/abs/2201.02177
 * @see Prieto et al., "Grokking at the Edge of Numerical Stability", 2025. https://arxiv.org/abs/2501.04697
 */
export function modularArithmetic(options: ModularArithmeticOptions = {}): ModularExamples {
  const where = 'modularArithmetic';
  checkOptions(where, options, ['modulus', 'operation']);
  const { modulus = 113, operation = 'add' } = options;
  checkWhole(where, 'modulus', modulus, 2, MAX_MODULUS, 'A usual value is 113.');
  if (typeof operation !== 'string' || !Object.hasOwn(OPERATORS, operation)) {
    throw new Error(
      `${where}: operation is ${show(operation)}, expected ${Object.keys(OPERATORS).join(', ')}. Pass one of them.`,
    );
  }
  if (operation === 'divide' && !isPrime(modulus)) {
    throw new Error(
      `${where}: modulus is ${modulus}, expected a prime to divide by every b. Take 97 or 113, or another operation.`,
    );
  }

  const apply = rule(operation, modulus);
  const firstB = operation === 'divide' ? 1 : 0;
  const size = modulus * (modulus - firstB);
  const [inputs, labels] = [new Int32Array(2 * size), new Int32Array(size)];
  for (let a = 0, row = 0; a < modulus; a++) {
    for (let b = firstB; b < modulus; b++, row++) {
      inputs[2 * row] = a;
      inputs[2 * row + 1] = b;
      labels[row] = apply(a, b);
    }
  }
  const [values, classes, operator] = [modulus, modulus, OPERATORS[operation]];
  return { inputs, labels, size, width: 2, values, classes, operator, modulus, operation };
}

/** (a, b) → (a ∘ b) mod p, in 0 … p − 1. */
function rule(operation: Operation, p: number): (a: number, b: number) => number {
  switch (operation) {
    case 'add':
      return (a, b) => (a + b) % p;
    case 'subtract':
      return (a, b) => (a - b + p) % p;
    case 'multiply':
      return (a, b) => (a * b) % p;
    case 'divide': {
      const inverse = inverses(p);
      return (a, b) => (a * inverse[b]) % p;
    }
  }
}

/**
 * b⁻¹ mod p for b = 1 … p − 1, p prime.
 *
 *     p = q b + r   ⇒   q b = −r   ⇒   b⁻¹ = −q r⁻¹   (mod p), with r < b known already
 */
function inverses(p: number): number[] {
  const inverse = [Number.NaN, 1];
  for (let b = 2; b < p; b++) {
    const [q, r] = [Math.floor(p / b), p % b];
    inverse.push(((p - q) * inverse[r]) % p);
  }
  return inverse;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n >= 2;
}
