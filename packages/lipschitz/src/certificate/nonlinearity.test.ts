import { describe, expect, it } from 'vitest';
import { nonlinearityBounds } from './nonlinearity.js';

/** Φ(x), by its series; float64. */
function normalCdf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 3; Math.abs(term) > 1e-18; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const gelu = (x: number) => x * normalCdf(x);
const tanhGelu = (x: number) => x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));

describe('nonlinearityBounds', () => {
  it.each([
    { name: 'gelu', f: gelu, slack: 1e-4 },
    { name: 'gelu', f: tanhGelu, slack: 2e-6 },
    { name: 'modulaGelu', f: (x: number) => tanhGelu(x) / 1.1289, slack: 2e-6 },
    { name: 'silu', f: (x: number) => x * sigmoid(x), slack: 2e-6 },
    { name: 'relu', f: (x: number) => Math.max(x, 0), slack: 1e-9 },
    { name: 'tanh', f: Math.tanh, slack: 1e-9 },
    { name: 'identity', f: (x: number) => x, slack: 1e-9 },
  ] as const)('is just above the steepest slope and the largest gain: $name', ({ name, f, slack }) => {
    const { slope, gain } = nonlinearityBounds(name);
    let [steepest, largest] = [0, 0];
    for (let i = -6000; i <= 6000; i++) {
      const x = i / 1000 + 1e-9;
      steepest = Math.max(steepest, Math.abs(f(x + 1e-5) - f(x - 1e-5)) / 2e-5);
      largest = Math.max(largest, Math.abs(f(x) / x));
    }
    expect(slope).toBeGreaterThanOrEqual(steepest - 1e-10);
    expect(slope).toBeLessThanOrEqual(steepest + slack);
    expect(gain).toBeGreaterThanOrEqual(largest - 1e-12);
    expect(gain).toBeLessThanOrEqual(largest + 0.003); // SiLU reaches 1 at infinity
  });
});
