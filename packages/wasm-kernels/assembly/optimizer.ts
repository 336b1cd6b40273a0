import { madd } from './lanes';

/**
 * One Adam step in one pass.
 *
 *     m' = β₁ m + (1 − β₁) g          v' = β₂ v + (1 − β₂) g²
 *     u  = factor · (m' / c₁ / (√(v' / c₂) + ε) + λ w)
 *
 * @param c1, c2 The bias corrections 1 − β₁ᵗ and 1 − β₂ᵗ.
 */
export function adamStep(
  g: usize,
  m: usize,
  v: usize,
  w: usize,
  u: usize,
  nextM: usize,
  nextV: usize,
  count: usize,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  c1: f32,
  c2: f32,
  decay: f32,
  factor: f32,
): void {
  for (; count >= 4; count -= 4) {
    const g4 = v128.load(g);
    const m4 = madd(f32x4.splat(beta1), v128.load(m), f32x4.mul(f32x4.splat(rest1), g4));
    const v4 = madd(f32x4.splat(beta2), v128.load(v), f32x4.mul(f32x4.splat(rest2), f32x4.mul(g4, g4)));
    const root = f32x4.add(f32x4.sqrt(f32x4.div(v4, f32x4.splat(c2))), f32x4.splat(epsilon));
    const step = f32x4.div(f32x4.div(m4, f32x4.splat(c1)), root);
    v128.store(nextM, m4);
    v128.store(nextV, v4);
    v128.store(u, f32x4.mul(madd(f32x4.splat(decay), v128.load(w), step), f32x4.splat(factor)));
    g += 16;
    m += 16;
    v += 16;
    w += 16;
    u += 16;
    nextM += 16;
    nextV += 16;
  }
  for (let i: usize = 0; i < count * 4; i += 4) {
    const x = load<f32>(g + i);
    const m1 = beta1 * load<f32>(m + i) + rest1 * x;
    const v1 = beta2 * load<f32>(v + i) + rest2 * x * x;
    store<f32>(nextM + i, m1);
    store<f32>(nextV + i, v1);
    store<f32>(u + i, factor * (m1 / c1 / (sqrt<f32>(v1 / c2) + epsilon) + decay * load<f32>(w + i)));
  }
}
